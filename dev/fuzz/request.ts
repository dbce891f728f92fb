/** A request as it goes over the wire. */
export interface FuzzRequest {
  /** What the tables call it: `POST /v1/failures`, or a page by its shape. */
  route: string;
  method: string;
  /** Encoded, with its query. */
  path: string;
  headers: [string, string][];
  body: Buffer | null;
  /** Without a content-length, as a stream is sent. */
  chunked: boolean;
}

/** What came back, or did not. */
export interface Answer {
  /** 0: nothing came. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  ms: number;
  /** Why nothing came. */
  fault: string | null;
}

export function headerOf(request: FuzzRequest, name: string): string | undefined {
  return request.headers.find(([given]) => given.toLowerCase() === name)?.[1];
}

/** Whether this request means to change something. */
export function isWrite({ method }: FuzzRequest): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH" || method === "DELETE";
}
