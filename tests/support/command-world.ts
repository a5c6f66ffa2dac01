import { join } from 'node:path';
import type { CommandOutput } from '../../agent/runtime/command-queue.ts';
import { CommandRouter, type CommandTarget } from '../../agent/runtime/command-router.ts';
import { type AgentDatabase, openDatabase } from '../../agent/uplink/database.ts';
import { Inbox } from '../../agent/uplink/inbox.ts';
import type { ReportedStates } from '../../protocols/fleet/capabilities/index.ts';
import type { Command } from '../../protocols/fleet/messages.ts';
import type { ResultRecord } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import type { FakeClock } from './clock.ts';

/** The hub's side of commands, as the simulation drives it: real code over a database, or the machine over memory. */
export interface SimulatedHub {
  /** What the agent gets now, marked as sent. */
  take(agent: string, again: boolean): Promise<readonly Command[]>;
  cancellations(agent: string): Promise<readonly string[]>;
  results(agent: string, records: readonly ResultRecord[]): Promise<void>;
  tick(): Promise<void>;
}

/** A number below `below`, the same for the same seed. */
export type Dice = (below: number) => number;

export function createDice(seed: number): Dice {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

interface Work {
  readonly id: string;
  readonly onStart: () => void;
  readonly resolve: (output: CommandOutput) => void;
  readonly reject: (reason: unknown) => void;
  isStarted: boolean;
}

/** One life of an agent: what it has in memory goes when it is killed. */
interface Life {
  readonly router: CommandRouter;
  /** Told and not on the disk yet. */
  told: ResultRecord[];
  readonly work: Map<string, Work[]>;
  isDead: boolean;
}

const lostLife = new Error('this agent was killed');

/** An agent over its real journal, with devices that take their time; `executed` is what the world saw. */
export class SimulatedAgent implements Disposable {
  readonly id: string;
  readonly #database: AgentDatabase;
  readonly #inbox: Inbox;
  readonly #clock: FakeClock;
  readonly #dice: Dice;
  readonly #executed: string[];
  readonly #states: ReportedStates = {};
  /** On the disk and not stored by the hub; sent again until it says so. */
  outbox: ResultRecord[] = [];
  #life: Life;
  #seq = 1;
  kills = 0;

  constructor(id: string, folder: string, clock: FakeClock, dice: Dice, executed: string[]) {
    this.id = id;
    this.#clock = clock;
    this.#dice = dice;
    this.#executed = executed;
    this.#database = openDatabase(join(folder, `${id}.db`));
    // The simulation kills the agent, not the machine.
    this.#database.sql.exec('pragma synchronous = off');
    this.#inbox = new Inbox(this.#database);
    this.#life = this.#begin();
  }

  receive(commands: readonly Command[]): void {
    this.#inbox.receive(commands);
    // Killed between the journal and the work.
    if (this.#dice(50) === 0) this.kill();
    else this.#life.router.accept(commands);
  }

  cancel(ids: readonly string[]): void {
    this.#life.router.cancel(ids);
  }

  /** A step of every device, and of the outbox. */
  async step(): Promise<void> {
    const life = this.#life;
    for (const queue of life.work.values()) {
      if (life.isDead) return;
      const [work] = queue;
      if (!work || this.#dice(3) === 0) continue;
      this.#workOn(work, queue);
    }
    await settle();
    if (this.#dice(3) > 0) this.outbox.push(...life.told.splice(0));
  }

  /** kill -9: memory is gone, the journal and the outbox stay; the next life recovers at once. */
  kill(): void {
    this.kills++;
    this.#life.isDead = true;
    this.#life = this.#begin();
  }

  [Symbol.dispose](): void {
    this.#life.isDead = true;
    this.#database[Symbol.dispose]();
  }

  #workOn(work: Work, queue: Work[]): void {
    if (!work.isStarted) {
      try {
        work.onStart();
      } catch (thrown) {
        queue.shift();
        work.reject(thrown);
        return;
      }
      work.isStarted = true;
      if (this.#dice(40) === 0) {
        this.kill();
        return;
      }
      this.#executed.push(work.id);
      if (this.#dice(40) === 0) this.kill();
      return;
    }
    queue.shift();
    if (this.#dice(10) === 0) work.reject(new Error('the device refused'));
    else work.resolve({});
  }

  #begin(): Life {
    const inbox = this.#inbox;
    const work = new Map<string, Work[]>();
    const alive = <T>(value: () => T): T => {
      if (life.isDead) throw lostLife;
      return value();
    };
    const target = (device: string): CommandTarget => ({
      execute: (command, onStart) => {
        const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>();
        const queue = work.get(device) ?? [];
        queue.push({ id: command.id, onStart, resolve, reject, isStarted: false });
        work.set(device, queue);
        return promise;
      },
      probe: () => undefined,
      reported: () => this.#states,
    });
    const router = new CommandRouter({
      inbox: {
        seen: (id) => alive(() => inbox.seen(id)),
        begin: (id, facts) => alive(() => inbox.begin(id, facts)),
        finish: (id, result) => alive(() => inbox.finish(id, result)),
        unfinished: () => inbox.unfinished(),
        lately: (limit) => inbox.lately(limit),
      },
      target,
      sink: (_lane, body) => {
        if (!life.isDead && body.kind === 'result') life.told.push({ ...body, seq: this.#seq++ });
      },
      clock: this.#clock,
      log: silentLog,
    });
    const life: Life = { router, told: [], work, isDead: false };
    router.recover();
    router.accept(inbox.waiting());
    return life;
  }
}

/** Lets promises run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Message {
  readonly agent: SimulatedAgent;
  readonly atMs: number;
  readonly deliver: () => void;
}

/** The line between both: messages are late, come twice, overtake each other, or go with a connection. */
export class SimulatedLine {
  readonly #hub: SimulatedHub;
  readonly #agents: readonly SimulatedAgent[];
  readonly #clock: FakeClock;
  readonly #dice: Dice;
  readonly #away = new Set<SimulatedAgent>();
  #messages: Message[] = [];
  hubKills = 0;

  constructor(hub: SimulatedHub, agents: readonly SimulatedAgent[], clock: FakeClock, dice: Dice) {
    this.#hub = hub;
    this.#agents = agents;
    this.#clock = clock;
    this.#dice = dice;
  }

  /** One second of the world. With `calm` nothing breaks any more, and whatever is open comes to its end. */
  async second(calm: boolean): Promise<void> {
    await this.#clock.advance(1_000);
    if (!calm) this.#break();
    for (const agent of this.#agents) await this.#talk(agent, calm);
    const now = this.#clock.now();
    const due = this.#messages.filter(({ atMs }) => atMs <= now);
    this.#messages = this.#messages.filter(({ atMs }) => atMs > now);
    for (const { deliver } of due) deliver();
    await settle();
    for (const agent of this.#agents) await agent.step();
    await this.#hub.tick();
  }

  /** Every agent connects anew, as after a restart of the hub. */
  reconnect(): void {
    for (const agent of this.#agents) this.#cut(agent);
  }

  #break(): void {
    // The hub dies with all that is on the way, and with every connection.
    if (this.#dice(20) === 0) {
      this.hubKills++;
      this.#messages = [];
      for (const agent of this.#agents) this.#away.add(agent);
    }
    for (const agent of this.#agents) {
      if (this.#dice(60) === 0) {
        agent.kill();
        this.#cut(agent);
      } else if (this.#dice(40) === 0) this.#cut(agent);
    }
  }

  #cut(agent: SimulatedAgent): void {
    this.#messages = this.#messages.filter((message) => message.agent !== agent);
    this.#away.add(agent);
  }

  async #talk(agent: SimulatedAgent, calm: boolean): Promise<void> {
    let again = false;
    if (this.#away.has(agent)) {
      if (!calm && this.#dice(4) > 0) return;
      this.#away.delete(agent);
      again = true;
    }
    const commands = await this.#hub.take(agent.id, again);
    for (const command of commands) this.#send(agent, () => agent.receive([command]));
    const back = await this.#hub.cancellations(agent.id);
    if (back.length > 0) this.#send(agent, () => agent.cancel(back));
    await this.#report(agent, calm);
  }

  /** The outbox sends until the hub has stored: some go twice, and the hub may die before it says so. */
  async #report(agent: SimulatedAgent, calm: boolean): Promise<void> {
    const records = agent.outbox.slice(0, 200);
    if (records.length === 0) return;
    await this.#hub.results(agent.id, records);
    if (calm || this.#dice(4) > 0) agent.outbox = agent.outbox.slice(records.length);
  }

  #send(agent: SimulatedAgent, deliver: () => void): void {
    const copies = this.#dice(8) === 0 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      this.#messages.push({ agent, atMs: this.#clock.now() + this.#dice(4) * 1_000, deliver });
  }
}
