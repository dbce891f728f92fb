import type { Calibration } from "./calibrate.ts";
import type { WeightTable } from "./weight-table.ts";

/** The largest topics are kept: beyond this the matrix (16 KB a topic) and the training time outgrow a Worker. */
export const MAX_TOPICS = 400;

/** A trained router. A plain value: made by training, read by routing, stored as a file. */
export type RouterModel = {
  /** In rising order of code units. */
  topics: string[];
  /**
   * For each bucket one weight per topic, and last the bucket's idf.
   * A score is the sum over the message's features times the topic's scale, over the root of the features' number.
   */
  weights: WeightTable;
  /** What 1 in `weights` means, per topic and last for the idf. */
  scales: Float32Array;
  /** The score each topic usually gives to its own messages. */
  usual: Float32Array;
  calibration: Calibration;
  /** Distinct messages learned from, names not counted. */
  examples: number;
};
