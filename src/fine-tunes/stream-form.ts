/** One file of a form, and how long it is. */
export interface FilePart {
  field: string;
  name: string;
  bytes: number;
  content: ReadableStream;
}

/**
 * A form with one file in it, streamed, its length known beforehand, as providers ask for. The platform writes the
 * form around an empty file, since with the file itself it would hold all of it in memory; the content then goes in.
 * @param signal ends the sending and lets the content go, whoever still reads
 */
export async function streamForm(
  fields: Record<string, string>,
  { field, name, bytes, content }: FilePart,
  signal: AbortSignal,
): Promise<{ headers: Record<string, string>; body: ReadableStream }> {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append(field, new Blob([], { type: "application/jsonl" }), name);
  const empty = new Response(form);
  const headers = { "content-type": empty.headers.get("content-type") ?? "" };
  const around = new TextDecoder().decode(await empty.arrayBuffer());
  const at = around.lastIndexOf("\r\n--");
  const [head, foot] = [new Blob([around.slice(0, at)]), new Blob([around.slice(at)])];
  const { readable, writable } = new FixedLengthStream(head.size + bytes + foot.size);
  void pump([head.stream(), content, foot.stream()], writable, signal);
  return { headers, body: readable };
}

async function pump(parts: ReadableStream[], writable: WritableStream, signal: AbortSignal): Promise<void> {
  try {
    for (const part of parts) await part.pipeTo(writable, { preventClose: true, signal });
    await writable.close();
  } catch (error) {
    // The request that reads the other end fails with it, and says so.
    for (const part of parts) await part.cancel(error).catch(() => {});
    await writable.abort(error).catch(() => {});
  }
}
