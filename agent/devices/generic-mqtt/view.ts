import type { HomeAssistantEntity } from '../../../protocols/home-assistant/discovery.ts';

/** Numbers that a device has told; each in the unit of its name. */
export interface Readings {
  readonly temperatureCelsius?: number;
  readonly humidityPercent?: number;
  readonly carbonDioxidePpm?: number;
  readonly illuminanceLux?: number;
  readonly powerWatts?: number;
  readonly energyKilowattHours?: number;
  readonly voltageVolts?: number;
  readonly currentAmperes?: number;
  readonly batteryPercent?: number;
}

/** What a device has told that is either so or not. */
export interface Conditions {
  readonly contact?: 'open' | 'closed';
  readonly isOccupied?: boolean;
  readonly hasLeak?: boolean;
  readonly hasSmoke?: boolean;
  readonly isBatteryLow?: boolean;
  readonly isTampered?: boolean;
  /** The device's own word that something is wrong with it. */
  readonly hasProblem?: boolean;
}

export interface Identity {
  readonly vendor?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly hardware?: string;
  readonly name?: string;
  readonly mac?: string;
}

/** All that is known of one device from its messages. A new one is made by each message; nothing changes in place. */
export interface DeviceView {
  /** By its last will or availability message; undefined where it has none. */
  readonly isOnline?: boolean;
  /** Of the bridge that it is behind. */
  readonly isBridgeOnline?: boolean;
  /** Sleeps most of the time and cannot be asked. */
  readonly isSleepy: boolean;
  /** Whether it has the switch that is its power; undefined while nobody has said so. */
  readonly canSwitch?: boolean;
  readonly power?: 'on' | 'off';
  readonly uptimeSeconds?: number;
  readonly energySince?: string;
  readonly readings: Readings;
  readonly conditions: Conditions;
  readonly identity: Identity;
  /** Entities by the discovery message that told them. */
  readonly entities: ReadonlyMap<string, readonly HomeAssistantEntity[]>;
  /** States that came before the entity that explains them, by topic. */
  readonly unexplained: ReadonlyMap<string, Uint8Array>;
}

export const emptyView: DeviceView = {
  isSleepy: false,
  readings: {},
  conditions: {},
  identity: {},
  entities: new Map(),
  unexplained: new Map(),
};

/** What one message adds. */
export type ViewUpdate = Partial<DeviceView>;

/** The view after an update; parts that it does not speak of stay. */
export function mergeView(view: DeviceView, update: ViewUpdate): DeviceView {
  return {
    ...view,
    ...update,
    readings: { ...view.readings, ...update.readings },
    conditions: { ...view.conditions, ...update.conditions },
    identity: { ...view.identity, ...update.identity },
  };
}
