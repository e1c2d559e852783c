import { expect, test } from "vitest";
import { VncTickets } from "../../../../signaling/vnc/vnc-tickets.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

test("knows its tickets among other cookies, for twelve hours", () => {
  const clock = new ManualClock();
  const tickets = new VncTickets(clock);
  const ticket = tickets.issue("viewer");
  const header = `a=b; ${tickets.cookie}=${ticket}; c=d`;
  expect(tickets.roleOf(header)).toBe("viewer");
  clock.advance(12 * 3_600_000 + 1);
  expect(tickets.roleOf(header)).toBeUndefined();
});

test.each([undefined, "", "a=b", "streamspace_vnc_=", "=; ;"])(
  "takes %j for none",
  (header) => {
    const tickets = new VncTickets(new ManualClock());
    tickets.issue("controller");
    expect(tickets.roleOf(header)).toBeUndefined();
  },
);

test("does not take the ticket of another agent on the same host", () => {
  const clock = new ManualClock();
  const [one, other] = [new VncTickets(clock), new VncTickets(clock)];
  expect(one.cookie).not.toBe(other.cookie);
  const ticket = other.issue("controller");
  expect(one.roleOf(`${one.cookie}=${ticket}`)).toBeUndefined();
});

test("keeps a bounded number", () => {
  const tickets = new VncTickets(new ManualClock());
  const first = tickets.issue("controller");
  for (let count = 0; count < 256; count += 1) tickets.issue("controller");
  expect(tickets.roleOf(`${tickets.cookie}=${first}`)).toBeUndefined();
});
