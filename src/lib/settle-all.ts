/**
 * All results; where one fails, only after the others have ended too, so that nothing goes on unseen and what they cost
 * is known.
 * @throws the first error, in the order given
 */
export async function settleAll<T extends readonly unknown[]>(
  work: {
    [I in keyof T]: Promise<T[I]>;
  },
): Promise<{ -readonly [I in keyof T]: T[I] }> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<{ -readonly [I in keyof T]: T[I] }>;
}
