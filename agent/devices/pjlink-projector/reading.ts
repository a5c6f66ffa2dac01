import type { PjlinkClass } from '../../../protocols/pjlink/line.ts';
import { type Query, queries } from '../../../protocols/pjlink/queries.ts';
import type { PjlinkPower } from '../../../protocols/pjlink/values.ts';
import type { Log } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { Answer, Conversation } from './conversation.ts';
import type { Facts, Status, Wear } from './mapping.ts';

/** The same value in the class in which it is asked: class 2 names more inputs. */
const inputIn = { 1: queries.input, 2: { ...queries.input, class: 2 } } as const;
const inputsIn = { 1: queries.inputs, 2: { ...queries.inputs, class: 2 } } as const;
/** The first ones are named; a longer list is a projector gone wrong. */
const maxNamedInputs = 20;

/**
 * Asks a projector and remembers what it does not know, so that it is not asked again. ERR3 (not now) and a value that
 * makes no sense leave that value out; they fail no poll.
 */
export class Reader {
  readonly #log: Log;
  readonly #unknownCodes = new Set<string>();
  #failed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Commands to which the projector has answered ERR1. */
  get unknownCodes(): ReadonlySet<string> {
    return this.#unknownCodes;
  }

  /** Remembers that the projector does not know a command. */
  learnUnknown(code: string): void {
    this.#unknownCodes.add(code);
  }

  /** Reads what changes rarely. Throws DeviceError when the conversation fails. */
  async readFacts(conversation: Conversation): Promise<Facts> {
    const value = <T>(query: Query<T>, suffix?: string) => this.#value(conversation, query, suffix);
    const pjlinkClass = (await value(queries.class)) ?? 1;
    const facts = {
      class: pjlinkClass,
      name: await value(queries.name),
      maker: await value(queries.maker),
      model: await value(queries.model),
    };
    const ids = [...new Set((await value(inputsIn[pjlinkClass])) ?? [])].slice(0, 64);
    if (pjlinkClass === 1) return { ...facts, inputs: ids.map((id) => ({ id, name: undefined })) };
    const inputs = [];
    for (const [index, id] of ids.entries()) {
      inputs.push({ id, name: index < maxNamedInputs ? await value(queries.inputName, id) : undefined });
    }
    return {
      ...facts,
      inputs,
      serial: await value(queries.serial),
      software: await value(queries.software),
      lampModel: await value(queries.lampModel),
      filterModel: await value(queries.filterModel),
    };
  }

  /** Reads what every poll reports. Throws DeviceError when the conversation fails. */
  async readStatus(conversation: Conversation, pjlinkClass: PjlinkClass): Promise<Omit<Status, 'power' | 'wear'>> {
    const value = <T>(query: Query<T>) => this.#value(conversation, query);
    this.#failed = false;
    const status = {
      faults: await value(queries.faults),
      input: await this.readInput(conversation, pjlinkClass),
      mute: await value(queries.mute),
    };
    if (pjlinkClass === 1) return { ...status, failed: this.#failed };
    return {
      ...status,
      frozen: await value(queries.frozen),
      resolution: await value(queries.resolution),
      failed: this.#failed,
    };
  }

  /** Reads hours and what else a few minutes do not change. Throws DeviceError when the conversation fails. */
  async readWear(conversation: Conversation, pjlinkClass: PjlinkClass): Promise<Wear> {
    const lamps = await this.#value(conversation, queries.lamps);
    if (pjlinkClass === 1) return { lamps };
    return {
      lamps,
      filterHours: await this.#value(conversation, queries.filterHours),
      recommendedResolution: await this.#value(conversation, queries.recommendedResolution),
    };
  }

  /** Reads which input is shown; undefined when the projector cannot say. */
  async readInput(conversation: Conversation, pjlinkClass: PjlinkClass): Promise<string | undefined> {
    return await this.#value(conversation, inputIn[pjlinkClass]);
  }

  /** Reads any one value; undefined when the projector cannot say. */
  async read<T>(conversation: Conversation, query: Query<T>): Promise<T | undefined> {
    return await this.#value(conversation, query);
  }

  async #value<T>(conversation: Conversation, query: Query<T>, suffix = ''): Promise<T | undefined> {
    if (this.#unknownCodes.has(query.code)) return undefined;
    const answer = await conversation.ask(query, suffix);
    switch (answer.kind) {
      case 'value':
        return answer.value;
      case 'unreadable':
        this.#log.warn('projector answers a value that makes no sense', { query: query.code, error: answer.problem });
        return undefined;
      case 'failure':
        if (answer.failure === 'undefined-command') this.#unknownCodes.add(query.code);
        if (answer.failure === 'projector-failure') this.#failed = true;
        return undefined;
    }
  }
}

/** The power state, without which a poll is worth nothing. Throws DeviceError. */
export function requirePower(answer: Answer<PjlinkPower>): PjlinkPower {
  switch (answer.kind) {
    case 'value':
      return answer.value;
    case 'unreadable':
      throw new DeviceError('protocol', "the projector's power state makes no sense", { cause: answer.problem });
    case 'failure':
      if (answer.failure === 'unavailable-time') {
        throw new DeviceError('unavailable', 'the projector says that it cannot answer now (ERR3)');
      }
      throw new DeviceError('device-fault', `the projector does not say its power state: ${answer.failure}`);
  }
}
