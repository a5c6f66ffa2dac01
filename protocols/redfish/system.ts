import { z } from 'zod';
import { list, object, type RedfishDocument, type Status, status, text, tolerant } from './document.ts';
import { link, links, resourcePath } from './link.ts';

/** How a system can be told to change its power (DSP0268, Resource.ResetType); those that this product uses. */
export const resetTypes = [
  'On',
  'ForceOn',
  'ForceOff',
  'GracefulShutdown',
  'GracefulRestart',
  'ForceRestart',
  'PowerCycle',
  'PushPowerButton',
] as const;
export type ResetType = (typeof resetTypes)[number];

/** Resource.PowerState; `Paused` is of virtual systems and reads as undefined. */
export type PowerState = 'On' | 'Off' | 'PoweringOn' | 'PoweringOff';
const powerStates: readonly string[] = ['On', 'Off', 'PoweringOn', 'PoweringOff'] satisfies PowerState[];

/** The action that changes power. */
export interface ResetAction {
  readonly target: string;
  /** What it takes; empty where the service does not tell, or tells it in the resource behind `info`. */
  readonly allowed: readonly ResetType[];
  /** Resource with the allowable values (DSP0266 section 7.6.5, @Redfish.ActionInfo). */
  readonly info: string | undefined;
}

/** One computer (DSP0268, ComputerSystem). */
export interface ComputerSystem {
  readonly hostName: string | undefined;
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
  readonly sku: string | undefined;
  readonly biosVersion: string | undefined;
  readonly power: PowerState | undefined;
  readonly status: Status;
  /** Health of what belongs to it, by name: `processors`, `memory`. */
  readonly summaries: readonly { readonly part: string; readonly status: Status }[];
  /** When it was last reset, as text: only whether it changes matters. */
  readonly lastReset: string | undefined;
  /** How far its start is (DSP0268, BootProgress.LastState). */
  readonly bootProgress: string | undefined;
  readonly reset: ResetAction | undefined;
  readonly chassis: readonly string[];
  readonly managers: readonly string[];
  readonly logServices: string | undefined;
}

const resets = list(z.enum(resetTypes));
const summary = object({ Status: status });
const systemSchema = object({
  HostName: text,
  Manufacturer: text,
  Model: text,
  SerialNumber: text,
  SKU: text,
  BiosVersion: text,
  PowerState: text,
  Status: status,
  ProcessorSummary: summary,
  MemorySummary: summary,
  LastResetTime: text,
  BootProgress: object({ LastState: text }),
  LogServices: link,
  Links: object({ Chassis: links, ManagedBy: links }),
  Actions: object({
    '#ComputerSystem.Reset': object({
      target: tolerant(z.unknown()),
      'ResetType@Redfish.AllowableValues': resets,
      '@Redfish.ActionInfo': tolerant(z.unknown()),
    }),
  }),
});

export function parseSystem(document: RedfishDocument): ComputerSystem {
  const system = systemSchema.parse(document);
  const action = system.Actions['#ComputerSystem.Reset'];
  const target = resourcePath(action.target);
  return {
    hostName: system.HostName,
    manufacturer: system.Manufacturer,
    model: system.Model,
    serialNumber: system.SerialNumber,
    sku: system.SKU,
    biosVersion: system.BiosVersion,
    power: powerStates.includes(system.PowerState ?? '') ? (system.PowerState as PowerState) : undefined,
    status: system.Status,
    summaries: [
      { part: 'processors', status: system.ProcessorSummary.Status },
      { part: 'memory', status: system.MemorySummary.Status },
    ],
    lastReset: system.LastResetTime,
    bootProgress: system.BootProgress.LastState,
    reset:
      target === undefined
        ? undefined
        : {
            target,
            allowed: action['ResetType@Redfish.AllowableValues'],
            info: resourcePath(action['@Redfish.ActionInfo']),
          },
    chassis: system.Links.Chassis,
    managers: system.Links.ManagedBy,
    logServices: system.LogServices,
  };
}

const actionInfoSchema = object({ Parameters: list(z.object({ Name: text, AllowableValues: resets })) });

/** The reset types that an ActionInfo resource allows; empty where it names none. */
export function parseAllowedResets(document: RedfishDocument): readonly ResetType[] {
  const { Parameters } = actionInfoSchema.parse(document);
  return Parameters.find(({ Name }) => Name === 'ResetType')?.AllowableValues ?? [];
}

/** The body of the action. */
export function resetRequest(type: ResetType): string {
  return JSON.stringify({ ResetType: type });
}
