import { expect, it } from "vitest";
import { networkOf } from "../../src/http/network-of.ts";

it.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:0DB8:0001:0002::", "2001:db8:1:2"],
  ["2001:db8::5:6", "2001:db8:0:0"],
  ["2001:db8:1:2:3::", "2001:db8:1:2"],
  ["2001:DB8:0:12:ffff::9", "2001:db8:0:12"],
  ["2001:0db8:0000:0012:0:0:0:1", "2001:db8:0:12"],
  ["::1", "0:0:0:0"],
  ["", ""],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(new Headers({ "cf-connecting-ip": address, "x-forwarded-for": "198.51.100.1" }))).toBe(network);
});

it("is one for all who have no address", () => expect(networkOf(new Headers())).toBe(""));
