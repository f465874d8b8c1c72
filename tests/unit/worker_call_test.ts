import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DamagedEntry } from "../../lib/log/damage.ts";
import { serveCalls, WorkerCaller, WorkerError } from "../../lib/store/worker_call.ts";
import { settled } from "../support/fake_socket.ts";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A Worker that the test plays. */
class FakeWorker {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly calls: Call[] = [];
  terminated = false;

  postMessage(call: Call): void {
    this.calls.push(call);
  }

  terminate(): void {
    this.terminated = true;
  }

  answers(answer: Readonly<Record<string, unknown>>): void {
    this.onmessage!({ data: answer } as MessageEvent);
  }

  /** @returns whether the error was kept from ending the whole program */
  fails(message: string): boolean {
    let prevented = false;
    this.onerror!({ message, preventDefault: () => (prevented = true) } as unknown as ErrorEvent);
    return prevented;
  }
}

function calling(): { worker: FakeWorker; caller: WorkerCaller } {
  const worker = new FakeWorker();
  return { worker, caller: new WorkerCaller(worker as unknown as Worker) };
}

/** What came of a promise, or that nothing has come yet. */
async function state(promise: Promise<unknown>): Promise<string> {
  let came = "open";
  promise.then(
    (value) => (came = `got ${value}`),
    (error) => (came = `${error.name}: ${error.message}`),
  );
  await settled();
  return came;
}

Deno.test("WorkerCaller.call() sends what is asked and gives what is answered", async () => {
  const { worker, caller } = calling();
  const answer = caller.call<number>("add", 2, 3);
  const [{ id, method, args }] = worker.calls as [Call];
  assertEquals([method, args], ["add", [2, 3]]);
  assertEquals(await state(answer), "open");
  worker.answers({ id, value: 5 });
  assertEquals(await answer, 5);
});

Deno.test("WorkerCaller.call() knows answers in any order", async () => {
  const { worker, caller } = calling();
  const answers = ["a", "b", "c"].map((name) => caller.call<string>(name));
  for (const { id, method } of [...worker.calls].reverse()) {
    worker.answers(method === "b" ? { id, error: "b: no" } : { id, value: method });
  }
  assertEquals(await Promise.all(answers.map(state)), ["got a", "WorkerError: b: no", "got c"]);
});

Deno.test("WorkerCaller.call() fails with what the Worker says of a damaged entry", async () => {
  const { worker, caller } = calling();
  const answer = caller.call("page");
  const answers: Readonly<Record<string, unknown>>[] = [];
  const scope = {
    onmessage: null as ((event: MessageEvent) => void) | null,
    postMessage: (message: unknown) => void answers.push(message as Record<string, unknown>),
  };
  serveCalls(scope, {
    page() {
      throw new DamagedEntry(7, "it is missing");
    },
  });
  scope.onmessage!({ data: worker.calls[0] } as MessageEvent);
  worker.answers(structuredClone(answers[0]!));
  const { lsn, reason } = await assertRejects(() => answer, DamagedEntry);
  assertEquals([lsn, reason], [7, "it is missing"]);
});

Deno.test("WorkerCaller.call() gives undefined and null as they are", async () => {
  const { worker, caller } = calling();
  const answers = [caller.call("a"), caller.call("b")];
  worker.answers({ id: worker.calls[0]!.id, value: undefined });
  worker.answers({ id: worker.calls[1]!.id, value: null });
  assertEquals(await Promise.all(answers), [undefined, null]);
});

Deno.test("WorkerCaller.call() fails with all others when the Worker fails", async () => {
  const { worker, caller } = calling();
  const answers = [caller.call("a"), caller.call("b")];
  assert(worker.fails("out of memory"));
  for (const answer of answers) {
    const error = await assertRejects(() => answer, WorkerError);
    assertEquals(error.message, "out of memory");
  }
});

Deno.test("WorkerCaller.call() fails after the Worker has failed", async () => {
  const { worker, caller } = calling();
  worker.fails("out of memory");
  assert((await state(caller.call("a"))).startsWith("WorkerError"));
});

Deno.test("WorkerCaller.terminate() ends the Worker and fails what is open", async () => {
  const { worker, caller } = calling();
  const answer = caller.call("a");
  caller.terminate();
  assertEquals([worker.terminated, await state(answer)], [true, "WorkerError: ended"]);
});

Deno.test("WorkerCaller.call() fails after the end", async () => {
  const { caller } = calling();
  caller.terminate();
  assert((await state(caller.call("a"))).startsWith("WorkerError"));
});

Deno.test("WorkerCaller.call() passes over an answer that nobody waits for", async () => {
  const { worker, caller } = calling();
  const answer = caller.call("a");
  worker.answers({ id: 99, value: "stray" });
  worker.answers({ id: worker.calls[0]!.id, value: "own" });
  worker.answers({ id: worker.calls[0]!.id, error: "again" });
  assertEquals(await answer, "own");
});

/** The Worker's side, and what it posted. */
function serving(methods: Parameters<typeof serveCalls>[1]) {
  const posted: { message: unknown; transfer: Transferable[] }[] = [];
  const scope = {
    onmessage: null as ((event: MessageEvent) => void) | null,
    postMessage: (message: unknown, transfer: Transferable[]) => {
      posted.push({ message, transfer });
    },
  };
  serveCalls(scope, methods);
  const ask = (id: number, method: string, ...args: unknown[]) =>
    scope.onmessage!({ data: { id, method, args } } as MessageEvent);
  return { posted, ask };
}

Deno.test("serveCalls() answers in order, and moves the buffers", () => {
  const bytes = new Uint8Array(4);
  const { posted, ask } = serving({
    add: (a: number, b: number) => ({ value: a + b, buffers: [] }),
    page: () => ({ value: { bytes }, buffers: [bytes.buffer] }),
  });
  ask(7, "add", 2, 3);
  ask(8, "page");
  assertEquals(posted[0], { message: { id: 7, value: 5 }, transfer: [] });
  assertEquals(posted[1]!.message, { id: 8, value: { bytes } });
  assertStrictEquals(posted[1]!.transfer[0], bytes.buffer);
});

Deno.test("serveCalls() answers what was thrown, and goes on", () => {
  const { posted, ask } = serving({
    broken: () => {
      throw new Error("disk full");
    },
    fine: () => ({ value: 1, buffers: [] }),
  });
  ask(1, "broken");
  ask(2, "nothing of the kind");
  ask(3, "fine");
  assertEquals(posted[0], { message: { id: 1, error: "broken: disk full" }, transfer: [] });
  assert(
    String((posted[1]!.message as { error: string }).error).startsWith("nothing of the kind: "),
  );
  assertEquals(posted[2]!.message, { id: 3, value: 1 });
});

Deno.test("serveCalls() and WorkerCaller.call() speak the same language", async () => {
  const { worker, caller } = calling();
  const { posted, ask } = serving({
    twice: (text: string) => ({ value: text + text, buffers: [] }),
    no: () => {
      throw new RangeError("too far");
    },
  });
  const answers = [caller.call("twice", "ab"), caller.call("no")];
  for (const { id, method, args } of worker.calls) ask(id, method, ...args);
  for (const { message } of posted) {
    worker.answers(structuredClone(message) as Readonly<Record<string, unknown>>);
  }
  assertEquals(await Promise.all(answers.map(state)), ["got abab", "WorkerError: no: too far"]);
});
