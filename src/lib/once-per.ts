/**
 * One value for each owner, made when it is first asked for. For what an isolate keeps: its owner is the database,
 * because the services of one isolate are made once.
 */
export function oncePer<T extends object>(make: () => T): (owner: WeakKey) => T {
  const made = new WeakMap<WeakKey, T>();
  return (owner) => {
    let known = made.get(owner);
    if (known === undefined) {
      known = make();
      made.set(owner, known);
    }
    return known;
  };
}
