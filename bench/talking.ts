/**
 * Workloads (a) to (d): people talk, and the ceiling beside them.
 */

import { type Figure, median, three } from "./figures.ts";
import { notes, pairs, room, type Talk, talk, talkBare, type Talked } from "./talk.ts";

const cpuPerDelivery = (one: Talked) => three(one.serverCpuSeconds * 1e6 / one.delivered);
const deliveries = (one: Talked) => three(one.delivered / one.seconds);
const messages = (one: Talked) => three(one.accepted / one.seconds);

/** It never sleeps, so that its CPU time says nothing. */
const loadCalls = (one: Talked) =>
  three((one.generatorReads + one.generatorWrites) / one.delivered);

/** Runs a workload against the server and against the ceiling, by turns. */
async function both(workload: Talk, rounds: number): Promise<{ own: Talked[]; bare: Talked[] }> {
  return { own: await talk(workload, rounds), bare: await talkBare(workload, rounds) };
}

/** The workloads, by letter. */
export const talking = {
  async a(rounds: number): Promise<Figure[]> {
    const { own, bare } = await both(room(1, 2_000), rounds);
    const ceiling = bare.map(cpuPerDelivery);
    const values = own.map(cpuPerDelivery);
    const name = "room of 200, one in flight: server CPU per delivery";
    return [
      { workload: "a", name, unit: "µs", values },
      { workload: "a", name: `${name}, bare echo`, unit: "µs", values: ceiling },
      {
        workload: "a",
        name: "the same as a multiple of the bare echo's",
        unit: "×",
        values: values.map((value) => three(value / median(ceiling))),
        aim: { sign: "≤", value: 1.25 },
      },
    ];
  },

  async b(rounds: number): Promise<Figure[]> {
    const { own, bare } = await both(room(64, 20_000), rounds);
    const name = "room of 200, 64 in flight: deliveries";
    const aim = { sign: "≥", value: 2_500_000 } as const;
    return [
      { workload: "b", name, unit: "/s", values: own.map(deliveries), aim },
      { workload: "b", name: `${name}, bare echo`, unit: "/s", values: bare.map(deliveries) },
      {
        workload: "b",
        name: "what the load costs: system calls per delivery",
        unit: "",
        values: own.map(loadCalls),
      },
    ];
  },

  async c(rounds: number): Promise<Figure[]> {
    const { own, bare } = await both(pairs(60_000), rounds);
    const name = "200 pairs, 8 in flight: messages";
    const aim = { sign: "≥", value: 60_000 } as const;
    return [
      { workload: "c", name, unit: "/s", values: own.map(messages), aim },
      { workload: "c", name: `${name}, bare echo`, unit: "/s", values: bare.map(messages) },
    ];
  },

  async d(rounds: number): Promise<Figure[]> {
    const most = await talk(notes(60_000, 0), rounds);
    const offered = await talk(notes(30_000, 5_000), rounds);
    const ms = (us: number) => three(us / 1000);
    return [
      {
        workload: "d",
        name: "200 devices, durable `accepted`",
        unit: "/s",
        values: most.map(messages),
        aim: { sign: "≥", value: 60_000 },
      },
      {
        workload: "d",
        name: "5,000/s offered: `accepted` after, p50",
        unit: "ms",
        values: offered.map(({ p50Us }) => ms(p50Us)),
      },
      {
        workload: "d",
        name: "5,000/s offered: `accepted` after, p99",
        unit: "ms",
        values: offered.map(({ p99Us }) => ms(p99Us)),
        aim: { sign: "≤", value: 25 },
      },
    ];
  },
};
