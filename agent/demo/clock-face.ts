/**
 * Geometry of the analogue clock. Pure.
 */

/** A four-cornered hand or mark as x, y in turn; angle in turns from twelve o'clock, clockwise. */
export function bar(options: {
  centreX: number;
  centreY: number;
  turns: number;
  /** Distances from the centre; negative is beyond it. */
  from: number;
  to: number;
  width: number;
}): number[] {
  const { centreX, centreY, turns, from, to, width } = options;
  const angle = turns * 2 * Math.PI;
  const [dx, dy] = [Math.sin(angle), -Math.cos(angle)];
  const corner = (along: number, across: number): [number, number] => [
    centreX + dx * along - dy * across,
    centreY + dy * along + dx * across,
  ];
  const half = width / 2;
  return [
    ...corner(from, -half),
    ...corner(to, -half),
    ...corner(to, half),
    ...corner(from, half),
  ];
}

/** Where the hands are, in turns; the second hand moves smoothly. */
export function handTurns(date: Date): {
  hours: number;
  minutes: number;
  seconds: number;
} {
  const seconds = date.getSeconds() + date.getMilliseconds() / 1000;
  const minutes = date.getMinutes() + seconds / 60;
  const hours = (date.getHours() % 12) + minutes / 60;
  return { hours: hours / 12, minutes: minutes / 60, seconds: seconds / 60 };
}
