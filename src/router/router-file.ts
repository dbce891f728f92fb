import { BUCKETS, FEATURE_VERSION } from "./features.ts";
import { MAX_TOPICS, type RouterModel } from "./router-model.ts";
import { fromInt8, toInt8 } from "./weight-table.ts";

/**
 * The router as a file, little-endian:
 * magic "RDRT", format u16, feature version u16, buckets u32, topics u32, examples u32, bytes of names u32,
 * slope, slope of the lead, offset and threshold f64, names (a JSON array, UTF-8), scales f32 (topics + 1), usual scores f32 (topics),
 * weights i8 (buckets × (topics + 1)), FNV-1a of all before u32.
 */
const MAGIC = 0x54524452;
const FORMAT_VERSION = 2;
const HEADER_BYTES = 56;
const CHECKSUM_BYTES = 4;

/** How the versions of router files end that this code can read. */
export const VERSION_SUFFIX = `-f${FEATURE_VERSION}r${FORMAT_VERSION}`;

type RouterFileErrorCode = "not_a_router_file" | "unsupported_version" | "damaged_router_file";

/** A router file that cannot be used. `code` says whether to retrain (version) or to suspect the storage (damage). */
export class RouterFileError extends Error {
  readonly code: RouterFileErrorCode;
  constructor(code: RouterFileErrorCode, detail: string) {
    super(detail);
    this.name = "RouterFileError";
    this.code = code;
  }
}

function checksum(bytes: Uint8Array, end: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  return h >>> 0;
}

/** @returns the file's bytes; about 16 KB a topic */
export function encodeRouter(model: RouterModel): Uint8Array<ArrayBuffer> {
  const topics = model.topics.length;
  const names = new TextEncoder().encode(JSON.stringify(model.topics));
  const weights = toInt8(model.weights);
  const length = HEADER_BYTES + names.length + 4 * (2 * topics + 1) + weights.length + CHECKSUM_BYTES;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT_VERSION, true);
  view.setUint16(6, FEATURE_VERSION, true);
  view.setUint32(8, BUCKETS, true);
  view.setUint32(12, topics, true);
  view.setUint32(16, model.examples, true);
  view.setUint32(20, names.length, true);
  view.setFloat64(24, model.calibration.slope, true);
  view.setFloat64(32, model.calibration.leadSlope, true);
  view.setFloat64(40, model.calibration.offset, true);
  view.setFloat64(48, model.calibration.threshold, true);
  let at = HEADER_BYTES;
  bytes.set(names, at);
  at += names.length;
  for (const value of [...model.scales, ...model.usual]) {
    view.setFloat32(at, value, true);
    at += 4;
  }
  bytes.set(new Uint8Array(weights.buffer), at);
  view.setUint32(length - CHECKSUM_BYTES, checksum(bytes, length - CHECKSUM_BYTES), true);
  return bytes;
}

function readNames(bytes: Uint8Array, topics: number): string[] {
  let names: unknown;
  try {
    names = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new RouterFileError("damaged_router_file", "The topic names cannot be read.");
  }
  if (!Array.isArray(names) || names.length !== topics || !names.every((name) => typeof name === "string")) {
    throw new RouterFileError("damaged_router_file", "The topic names do not fit the number of topics.");
  }
  return names;
}

/**
 * Reads what `encodeRouter` wrote, exactly.
 *
 * @throws RouterFileError when the bytes are not a router file, are of another version, truncated or altered
 */
export function decodeRouter(bytes: Uint8Array): RouterModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new RouterFileError("not_a_router_file", "The file does not begin as a router file does.");
  }
  const format = view.getUint16(4, true);
  const featureVersion = view.getUint16(6, true);
  if (format !== FORMAT_VERSION || featureVersion !== FEATURE_VERSION || view.getUint32(8, true) !== BUCKETS) {
    throw new RouterFileError(
      "unsupported_version",
      `The file has format ${format} and features ${featureVersion}; this program reads ${FORMAT_VERSION} and ${FEATURE_VERSION}.`,
    );
  }
  const topics = view.getUint32(12, true);
  const nameBytes = view.getUint32(20, true);
  const weightsAt = HEADER_BYTES + nameBytes + 4 * (2 * topics + 1);
  const end = weightsAt + BUCKETS * (topics + 1);
  if (topics < 1 || topics > MAX_TOPICS || bytes.length !== end + CHECKSUM_BYTES) {
    throw new RouterFileError(
      "damaged_router_file",
      `The file has ${bytes.length} bytes, which its header does not announce.`,
    );
  }
  if (view.getUint32(end, true) !== checksum(bytes, end)) {
    throw new RouterFileError("damaged_router_file", "The checksum does not match.");
  }
  const floats = (from: number, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => view.getFloat32(from + 4 * i, true));
  const model: RouterModel = {
    topics: readNames(bytes.subarray(HEADER_BYTES, HEADER_BYTES + nameBytes), topics),
    weights: fromInt8(new Int8Array(bytes.buffer, bytes.byteOffset + weightsAt, end - weightsAt), topics + 1),
    scales: floats(HEADER_BYTES + nameBytes, topics + 1),
    usual: floats(HEADER_BYTES + nameBytes + 4 * (topics + 1), topics),
    calibration: {
      slope: view.getFloat64(24, true),
      leadSlope: view.getFloat64(32, true),
      offset: view.getFloat64(40, true),
      threshold: view.getFloat64(48, true),
    },
    examples: view.getUint32(16, true),
  };
  const numbers = [...model.scales, ...model.usual, ...Object.values(model.calibration)];
  if (!numbers.every(Number.isFinite))
    throw new RouterFileError("damaged_router_file", "A scale or score is not a number.");
  return model;
}
