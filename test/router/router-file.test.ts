import { describe, expect, it } from "vitest";
import { decodeRouter, encodeRouter, RouterFileError } from "../../src/router/router-file.ts";
import type { RouterModel } from "../../src/router/router-model.ts";
import { trainRouter } from "../../src/router/train-router.ts";
import { madeUpMessages } from "./messages.ts";

const model = trainRouter([...madeUpMessages(5), { text: "カードが届きません", topic: "カード 😡" }]) as RouterModel;
const bytes = encodeRouter(model);

function codeOf(file: Uint8Array): string {
  try {
    decodeRouter(file);
    return "accepted";
  } catch (error) {
    return error instanceof RouterFileError ? error.code : `not coded: ${String(error)}`;
  }
}

function altered(at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

describe("the router file", () => {
  it("gives back exactly the model that was written", () => {
    expect(decodeRouter(bytes)).toEqual(model);
    expect(encodeRouter(decodeRouter(bytes))).toEqual(bytes);
  });

  it("is read wherever it lies in a larger buffer", () => {
    const larger = new Uint8Array(bytes.length + 13);
    larger.set(bytes, 7);
    expect(decodeRouter(larger.subarray(7, 7 + bytes.length))).toEqual(model);
  });

  it("a truncated file is refused, wherever it was cut", () => {
    for (const length of [56, 57, 60, 100, 1_000, bytes.length - 4, bytes.length - 1]) {
      expect(codeOf(bytes.subarray(0, length)), `${length} bytes`).toBe("damaged_router_file");
    }
    expect(codeOf(bytes.subarray(0, 55))).toBe("not_a_router_file");
    expect(codeOf(new Uint8Array(0))).toBe("not_a_router_file");
  });

  it("a file with something after its end is refused", () => {
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(codeOf(longer)).toBe("damaged_router_file");
  });

  it("another kind of file is refused as such", () => {
    expect(codeOf(new TextEncoder().encode(JSON.stringify({ topics: ["a"], weights: "x".repeat(100) })))).toBe(
      "not_a_router_file",
    );
  });

  it("another format, another set of features or another table is refused, to be trained again", () => {
    for (const at of [4, 6, 9]) expect(codeOf(altered(at, 99)), `byte ${at}`).toBe("unsupported_version");
  });

  it("a single altered byte is found, wherever it is", () => {
    for (const at of [12, 15, 16, 20, 23, 24, 41, 50, 150, 5_000, bytes.length - 100, bytes.length - 1]) {
      expect(codeOf(altered(at, (bytes[at] as number) ^ 0x41)), `byte ${at}`).toBe("damaged_router_file");
    }
  });

  it("a file written with numbers that are none is refused", () => {
    const broken = { ...model, calibration: { ...model.calibration, threshold: Number.NaN } };
    expect(codeOf(encodeRouter(broken))).toBe("damaged_router_file");
  });
});
