import { z } from 'zod';
import { list, number, object, type RedfishDocument, type Status, status, text, tolerant } from './document.ts';
import { link } from './link.ts';

/** One measured value of a chassis. */
export interface Measurement {
  readonly kind: 'temperature' | 'fan' | 'voltage' | 'power';
  readonly name: string;
  /** °C, revolutions a minute or percent, volts, watts; undefined where there is none now. */
  readonly value: number | undefined;
  readonly unit: '°C' | 'RPM' | '%' | 'V' | 'W';
  readonly status: Status;
}

/** A part that can be replaced: a power supply. */
export interface PowerSupply {
  readonly name: string;
  readonly status: Status;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
  /** Resource with its measurements (PowerSupplyMetrics). */
  readonly metrics: string | undefined;
}

/** Where a chassis has its measurements (DSP0268, Chassis): the resources of before 2020.4, and those of after. */
export interface Chassis {
  readonly thermal: string | undefined;
  readonly power: string | undefined;
  readonly thermalSubsystem: string | undefined;
  readonly powerSubsystem: string | undefined;
  readonly environmentMetrics: string | undefined;
}

const chassisSchema = object({
  Thermal: link,
  Power: link,
  ThermalSubsystem: link,
  PowerSubsystem: link,
  EnvironmentMetrics: link,
});

export function parseChassis(document: RedfishDocument): Chassis {
  const chassis = chassisSchema.parse(document);
  return {
    thermal: chassis.Thermal,
    power: chassis.Power,
    thermalSubsystem: chassis.ThermalSubsystem,
    powerSubsystem: chassis.PowerSubsystem,
    environmentMetrics: chassis.EnvironmentMetrics,
  };
}

const thermalSchema = object({
  Temperatures: list(z.object({ Name: text, MemberId: text, ReadingCelsius: number, Status: status })),
  Fans: list(
    // `FanName` and `ReadingRPM` are of services of before Thermal 1.1.
    z.object({
      Name: text,
      FanName: text,
      MemberId: text,
      Reading: number,
      ReadingRPM: number,
      ReadingUnits: text,
      Status: status,
    }),
  ),
});

/** Temperatures and fans of a Thermal resource (deprecated since 2020.4, and what most servers have). */
export function parseThermal(document: RedfishDocument): readonly Measurement[] {
  const { Temperatures, Fans } = thermalSchema.parse(document);
  return [
    ...Temperatures.map(
      (entry, at): Measurement => ({
        kind: 'temperature',
        name: entry.Name ?? entry.MemberId ?? `temperature ${at}`,
        value: entry.ReadingCelsius,
        unit: '°C',
        status: entry.Status,
      }),
    ),
    ...Fans.map(
      (entry, at): Measurement => ({
        kind: 'fan',
        name: entry.Name ?? entry.FanName ?? entry.MemberId ?? `fan ${at}`,
        value: entry.Reading ?? entry.ReadingRPM,
        unit: entry.ReadingUnits?.toLowerCase() === 'percent' ? '%' : 'RPM',
        status: entry.Status,
      }),
    ),
  ];
}

const powerSchema = object({
  PowerControl: list(z.object({ Name: text, PowerConsumedWatts: number, Status: status })),
  Voltages: list(z.object({ Name: text, MemberId: text, ReadingVolts: number, Status: status })),
  PowerSupplies: list(z.object({ Name: text, MemberId: text, Model: text, SerialNumber: text, Status: status })),
});

/** What a Power resource tells (deprecated since 2020.4). */
export function parsePower(document: RedfishDocument): {
  readonly measurements: readonly Measurement[];
  readonly supplies: readonly PowerSupply[];
} {
  const { PowerControl, Voltages, PowerSupplies } = powerSchema.parse(document);
  return {
    measurements: [
      ...PowerControl.map(
        (entry, at): Measurement => ({
          kind: 'power',
          name: entry.Name ?? `power ${at}`,
          value: entry.PowerConsumedWatts,
          unit: 'W',
          status: entry.Status,
        }),
      ),
      ...Voltages.map(
        (entry, at): Measurement => ({
          kind: 'voltage',
          name: entry.Name ?? entry.MemberId ?? `voltage ${at}`,
          value: entry.ReadingVolts,
          unit: 'V',
          status: entry.Status,
        }),
      ),
    ],
    supplies: PowerSupplies.map((entry, at) => ({
      name: entry.Name ?? entry.MemberId ?? `power supply ${at}`,
      status: entry.Status,
      model: entry.Model,
      serialNumber: entry.SerialNumber,
      metrics: undefined,
    })),
  };
}

const subsystemSchema = object({ Fans: link, ThermalMetrics: link, PowerSupplies: link });

/** A ThermalSubsystem or PowerSubsystem: where its parts are. */
export function parseSubsystem(document: RedfishDocument): {
  readonly fans: string | undefined;
  readonly metrics: string | undefined;
  readonly supplies: string | undefined;
} {
  const subsystem = subsystemSchema.parse(document);
  return {
    fans: subsystem.Fans,
    metrics: subsystem.ThermalMetrics,
    supplies: subsystem.PowerSupplies,
  };
}

/** An excerpt of a sensor (DSP0266 section 9.11). */
const excerpt = { Reading: number, DeviceName: text, DataSourceUri: tolerant(z.unknown()) };
const thermalMetricsSchema = object({
  TemperatureReadingsCelsius: list(z.object(excerpt)),
  TemperatureSummaryCelsius: object({
    Internal: object(excerpt),
    Intake: object(excerpt),
    Ambient: object(excerpt),
    Exhaust: object(excerpt),
  }),
});

/** Temperatures of a ThermalMetrics resource; the summary is taken for those that the readings leave out. */
export function parseThermalMetrics(document: RedfishDocument): readonly Measurement[] {
  const { TemperatureReadingsCelsius, TemperatureSummaryCelsius } = thermalMetricsSchema.parse(document);
  const known = new Set(TemperatureReadingsCelsius.map(({ DataSourceUri }) => DataSourceUri));
  const summary = Object.entries(TemperatureSummaryCelsius).flatMap(([name, value]) =>
    value.Reading === undefined || known.has(value.DataSourceUri) ? [] : [{ ...value, DeviceName: name }],
  );
  return [...TemperatureReadingsCelsius, ...summary].map(({ DeviceName, DataSourceUri, Reading }, at) => ({
    kind: 'temperature',
    name: DeviceName ?? lastSegment(DataSourceUri) ?? `temperature ${at}`,
    value: Reading,
    unit: '°C',
    status: { state: undefined, health: undefined },
  }));
}

function lastSegment(uri: unknown): string | undefined {
  return typeof uri === 'string' ? (/([\w .-]{1,80})$/.exec(uri)?.[1] ?? undefined) : undefined;
}

const fanSchema = object({
  Id: text,
  Name: text,
  Status: status,
  SpeedPercent: object({ Reading: number, SpeedRPM: number }),
});

/** A Fan resource of a ThermalSubsystem. */
export function parseFan(document: RedfishDocument): Measurement {
  const { Id, Name, Status, SpeedPercent } = fanSchema.parse(document);
  const rpm = SpeedPercent.SpeedRPM;
  return {
    kind: 'fan',
    name: Name ?? Id ?? 'fan',
    value: rpm ?? SpeedPercent.Reading,
    unit: rpm === undefined ? '%' : 'RPM',
    status: Status,
  };
}

const supplySchema = object({ Id: text, Name: text, Model: text, SerialNumber: text, Status: status, Metrics: link });

/** A PowerSupply resource of a PowerSubsystem. */
export function parsePowerSupply(document: RedfishDocument): PowerSupply {
  const { Id, Name, Model, SerialNumber, Status, Metrics } = supplySchema.parse(document);
  return {
    name: Name ?? Id ?? 'power supply',
    status: Status,
    model: Model,
    serialNumber: SerialNumber,
    metrics: Metrics,
  };
}

const environmentSchema = object({ PowerWatts: object({ Reading: number }) });

/** What a chassis draws, in watts, of its EnvironmentMetrics. */
export function parseEnvironmentWatts(document: RedfishDocument): number | undefined {
  return environmentSchema.parse(document).PowerWatts.Reading;
}

const supplyMetricsSchema = object({
  InputVoltage: object({ Reading: number }),
  InputPowerWatts: object({ Reading: number }),
});

/** What goes into a power supply, of its PowerSupplyMetrics. */
export function parseSupplyMetrics(document: RedfishDocument, name: string): readonly Measurement[] {
  const { InputVoltage, InputPowerWatts } = supplyMetricsSchema.parse(document);
  const unknown = { state: undefined, health: undefined };
  return [
    { kind: 'voltage', name, value: InputVoltage.Reading, unit: 'V', status: unknown } as const,
    { kind: 'power', name, value: InputPowerWatts.Reading, unit: 'W', status: unknown } as const,
  ].filter(({ value }) => value !== undefined);
}
