/** Types that the Worker's code names and Node has under other names. */
import type { webcrypto } from "node:crypto";

declare global {
  type CryptoKey = webcrypto.CryptoKey;
  type RequestInfo = string | URL | Request;
}
