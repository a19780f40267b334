/** Run with the machine's zone set to this one, as a viewer there has it. */
export function within(zone, act) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}
