/**
 * One value for each owner, made when it is first asked for. For what an isolate keeps: its owner is the database,
 * because the services of one isolate are made once.
 */
export function oncePer<Owner extends WeakKey, T>(make: () => T): (owner: Owner) => T {
  const made = new WeakMap<Owner, T>();
  return (owner) => {
    const known = made.get(owner) ?? make();
    made.set(owner, known);
    return known;
  };
}
