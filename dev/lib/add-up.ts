/** Prints what numbers are and should be. @throws Error where two differ */
export function holdTo(checks: Record<string, readonly [is: number, shouldBe: number]>): void {
  const wrong = Object.entries(checks).filter(([what, [is, shouldBe]]) => {
    const right = is === shouldBe;
    console.log(`${right ? "ok  " : "BAD "} ${what}: ${is}${right ? "" : `, should be ${shouldBe}`}`);
    return !right;
  });
  if (wrong.length > 0) throw new Error("it does not add up");
}
