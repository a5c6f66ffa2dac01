import type { LogRecord, Server } from './server.ts';

/** One resource, as JSON. */
type Resource = Readonly<Record<string, unknown>>;

const root = '/redfish/v1';
const system = `${root}/Systems/1`;
const chassis = `${root}/Chassis/1`;
const manager = `${root}/Managers/bmc`;
const entries = `${system}/LogServices/SEL/Entries`;
export const sessionsPath = `${root}/SessionService/Sessions`;
export const resetPath = `${system}/Actions/ComputerSystem.Reset`;

const at = (path: string) => ({ '@odata.id': path });
const fine = { State: 'Enabled', Health: 'OK' };
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;

function resource(path: string, type: string, name: string, rest: Resource): Resource {
  const kind = type.split('.', 1)[0];
  return { '@odata.id': path, '@odata.type': `#${type}.${kind}`, Id: path.split('/').at(-1), Name: name, ...rest };
}

function collection(path: string, kind: string, members: readonly string[]): Resource {
  return {
    '@odata.id': path,
    '@odata.type': `#${kind}Collection.${kind}Collection`,
    Name: `${kind} Collection`,
    'Members@odata.count': members.length,
    Members: members.map(at),
  };
}

/** Every resource that a GET may ask for (shapes of DSP0266 1.20 and DSP0268 2024.1), without what changes by query. */
export function resourcesOf(server: Server): Readonly<Record<string, () => Resource>> {
  const { traits } = server;
  const hasOld = traits.resources !== 'new';
  const hasNew = traits.resources !== 'old';
  return {
    '/redfish': () => ({ v1: `${root}/` }),
    [root]: () => ({
      ...resource(`${root}/`, 'ServiceRoot.v1_16_0', 'Root Service', {}),
      Id: 'RootService',
      RedfishVersion: '1.18.0',
      UUID: '5f1e6ab4-08c1-4c35-9d3a-2d8b6cf01234',
      Vendor: 'Contoso',
      Systems: at(`${root}/Systems`),
      Chassis: at(`${root}/Chassis`),
      Managers: at(`${root}/Managers`),
      UpdateService: at(`${root}/UpdateService`),
      ...(traits.hasSessions ? { SessionService: at(`${root}/SessionService`) } : {}),
      Links: traits.hasSessions ? { Sessions: at(sessionsPath) } : {},
    }),
    [`${root}/Systems`]: () => collection(`${root}/Systems`, 'ComputerSystem', [system]),
    [system]: () => computerSystem(server),
    [`${system}/ResetActionInfo`]: () =>
      resource(`${system}/ResetActionInfo`, 'ActionInfo.v1_4_0', 'Reset Action Info', {
        Parameters: [{ Name: 'ResetType', Required: true, DataType: 'String', AllowableValues: traits.resets }],
      }),
    [`${system}/LogServices`]: () => collection(`${system}/LogServices`, 'LogService', [`${system}/LogServices/SEL`]),
    [`${system}/LogServices/SEL`]: () =>
      resource(`${system}/LogServices/SEL`, 'LogService.v1_5_0', 'System Event Log', {
        ServiceEnabled: true,
        LogEntryType: 'Event',
        OverWritePolicy: 'WrapsWhenFull',
        Entries: at(entries),
      }),
    [`${root}/Chassis`]: () => collection(`${root}/Chassis`, 'Chassis', [chassis]),
    [chassis]: () =>
      resource(chassis, 'Chassis.v1_25_0', 'Chassis', {
        ChassisType: 'RackMount',
        Manufacturer: 'Contoso',
        Model: '3500RX',
        SerialNumber: '437XR1138R2',
        Status: fine,
        ...(hasOld ? { Thermal: at(`${chassis}/Thermal`), Power: at(`${chassis}/Power`) } : {}),
        ...(hasNew
          ? {
              ThermalSubsystem: at(`${chassis}/ThermalSubsystem`),
              PowerSubsystem: at(`${chassis}/PowerSubsystem`),
              EnvironmentMetrics: at(`${chassis}/EnvironmentMetrics`),
            }
          : {}),
        Links: { ComputerSystems: [at(system)], ManagedBy: [at(manager)] },
      }),
    ...(hasOld ? oldResources(server) : {}),
    ...(hasNew ? newResources(server) : {}),
    [`${root}/Managers`]: () => collection(`${root}/Managers`, 'Manager', [manager]),
    [manager]: () =>
      resource(manager, 'Manager.v1_19_0', 'Manager', {
        ManagerType: 'BMC',
        Model: 'Contoso BMC',
        FirmwareVersion: server.firmware,
        DateTime: iso(server.clock.now()),
        DateTimeLocalOffset: '+00:00',
        PowerState: 'On',
        Status: fine,
        Links: { ManagerForServers: [at(system)], ManagerForChassis: [at(chassis)] },
        Actions: { '#Manager.Reset': { target: `${manager}/Actions/Manager.Reset` } },
      }),
    [`${root}/UpdateService`]: () =>
      resource(`${root}/UpdateService`, 'UpdateService.v1_14_0', 'Update Service', {
        ServiceEnabled: true,
        FirmwareInventory: at(`${root}/UpdateService/FirmwareInventory`),
        Actions: {
          '#UpdateService.SimpleUpdate': { target: `${root}/UpdateService/Actions/UpdateService.SimpleUpdate` },
        },
      }),
    [`${root}/UpdateService/FirmwareInventory`]: () =>
      collection(`${root}/UpdateService/FirmwareInventory`, 'SoftwareInventory', [
        `${root}/UpdateService/FirmwareInventory/NIC1`,
      ]),
    [`${root}/UpdateService/FirmwareInventory/NIC1`]: () =>
      resource(`${root}/UpdateService/FirmwareInventory/NIC1`, 'SoftwareInventory.v1_10_0', 'Network Adapter', {
        Version: '14.32.1010',
        Updateable: true,
        Status: fine,
      }),
    [`${root}/SessionService`]: () =>
      resource(`${root}/SessionService`, 'SessionService.v1_1_9', 'Session Service', {
        ServiceEnabled: true,
        SessionTimeout: 300,
        Sessions: at(sessionsPath),
      }),
  };
}

function computerSystem(server: Server): Resource {
  const { traits } = server;
  const worst = [...server.temperatures, ...server.fans, ...server.supplies].some(
    ({ health }) => health === 'Critical',
  );
  return resource(system, 'ComputerSystem.v1_22_0', 'School server', {
    SystemType: 'Physical',
    Manufacturer: 'Contoso',
    Model: '3500RX',
    SKU: '8675309',
    SerialNumber: '437XR1138R2',
    UUID: '38947555-7742-3448-3784-823347823834',
    HostName: 'library-server',
    BiosVersion: 'P79 v1.45',
    PowerState: server.power,
    Status: { State: 'Enabled', Health: worst || server.memoryHealth !== 'OK' ? 'Critical' : 'OK' },
    ProcessorSummary: { Count: 2, Status: fine },
    MemorySummary: { TotalSystemMemoryGiB: 96, Status: { State: 'Enabled', Health: server.memoryHealth } },
    ...(traits.tellsResets
      ? { LastResetTime: iso(server.lastResetAt), BootProgress: { LastState: server.bootProgress } }
      : {}),
    LogServices: at(`${system}/LogServices`),
    Links: { Chassis: [at(chassis)], ManagedBy: [at(manager)] },
    Actions: {
      '#ComputerSystem.Reset': {
        target: resetPath,
        ...(traits.allowable === 'inline' ? { 'ResetType@Redfish.AllowableValues': traits.resets } : {}),
        ...(traits.allowable === 'info' ? { '@Redfish.ActionInfo': `${system}/ResetActionInfo` } : {}),
      },
    },
  });
}

function oldResources(server: Server): Readonly<Record<string, () => Resource>> {
  return {
    [`${chassis}/Thermal`]: () =>
      resource(`${chassis}/Thermal`, 'Thermal.v1_7_1', 'Thermal', {
        Temperatures: server.temperatures.map(({ name, value, health }, index) => ({
          '@odata.id': `${chassis}/Thermal#/Temperatures/${index}`,
          MemberId: `${index}`,
          Name: name,
          ReadingCelsius: server.power === 'On' || name === 'Inlet Temp' ? value : null,
          UpperThresholdCritical: 95,
          PhysicalContext: 'CPU',
          Status: { State: 'Enabled', Health: health },
        })),
        Fans: server.fans.map(({ name, value, health }, index) => ({
          '@odata.id': `${chassis}/Thermal#/Fans/${index}`,
          MemberId: `${index}`,
          Name: name,
          Reading: value,
          ReadingUnits: 'RPM',
          Status: { State: 'Enabled', Health: health },
        })),
      }),
    [`${chassis}/Power`]: () =>
      resource(`${chassis}/Power`, 'Power.v1_7_1', 'Power', {
        PowerControl: [
          {
            '@odata.id': `${chassis}/Power#/PowerControl/0`,
            MemberId: '0',
            Name: 'System Power Control',
            PowerConsumedWatts: server.supplies.reduce((sum, { value }) => sum + value, 0),
            Status: fine,
          },
        ],
        Voltages: [
          {
            '@odata.id': `${chassis}/Power#/Voltages/0`,
            MemberId: '0',
            Name: '12V Rail',
            ReadingVolts: 12.06,
            Status: fine,
          },
        ],
        PowerSupplies: server.supplies.map(({ name, health }, index) => ({
          '@odata.id': `${chassis}/Power#/PowerSupplies/${index}`,
          MemberId: `${index}`,
          Name: name,
          Model: 'RKS-440DC',
          SerialNumber: `348824${index}`,
          PowerSupplyType: 'AC',
          PowerCapacityWatts: 800,
          Status: { State: 'Enabled', Health: health },
        })),
      }),
  };
}

function newResources(server: Server): Readonly<Record<string, () => Resource>> {
  const thermal = `${chassis}/ThermalSubsystem`;
  const power = `${chassis}/PowerSubsystem`;
  const fans = server.fans.map((fan, index) => ({ fan, path: `${thermal}/Fans/${index}` }));
  const supplies = server.supplies.map((supply, index) => ({ supply, path: `${power}/PowerSupplies/${index}` }));
  const status = (health: string) => ({ State: 'Enabled', Health: health });
  return {
    [thermal]: () =>
      resource(thermal, 'ThermalSubsystem.v1_3_2', 'Thermal Subsystem', {
        Fans: at(`${thermal}/Fans`),
        ThermalMetrics: at(`${thermal}/ThermalMetrics`),
        Status: fine,
      }),
    [`${thermal}/ThermalMetrics`]: () =>
      resource(`${thermal}/ThermalMetrics`, 'ThermalMetrics.v1_3_1', 'Thermal Metrics', {
        TemperatureReadingsCelsius: server.temperatures.map(({ name, value }) => ({
          DeviceName: name,
          Reading: value,
          DataSourceUri: `${chassis}/Sensors/${name.replaceAll(' ', '')}`,
        })),
      }),
    [`${thermal}/Fans`]: () =>
      collection(
        `${thermal}/Fans`,
        'Fan',
        fans.map(({ path }) => path),
      ),
    ...Object.fromEntries(
      fans.map(({ fan, path }) => [
        path,
        () =>
          resource(path, 'Fan.v1_5_1', fan.name, {
            SpeedPercent: { Reading: 45, SpeedRPM: fan.value },
            Status: status(fan.health),
          }),
      ]),
    ),
    [power]: () =>
      resource(power, 'PowerSubsystem.v1_1_2', 'Power Subsystem', {
        PowerSupplies: at(`${power}/PowerSupplies`),
        Status: fine,
      }),
    [`${power}/PowerSupplies`]: () =>
      collection(
        `${power}/PowerSupplies`,
        'PowerSupply',
        supplies.map(({ path }) => path),
      ),
    ...Object.fromEntries(
      supplies.flatMap(({ supply, path }) => [
        [
          path,
          () =>
            resource(path, 'PowerSupply.v1_6_0', supply.name, {
              Model: 'RKS-440DC',
              SerialNumber: '3488247',
              Status: status(supply.health),
              Metrics: at(`${path}/Metrics`),
            }),
        ],
        [
          `${path}/Metrics`,
          () =>
            resource(`${path}/Metrics`, 'PowerSupplyMetrics.v1_1_2', `Metrics of ${supply.name}`, {
              InputVoltage: { Reading: 229.6 },
              InputPowerWatts: { Reading: supply.value },
            }),
        ],
      ]),
    ),
    [`${chassis}/EnvironmentMetrics`]: () =>
      resource(`${chassis}/EnvironmentMetrics`, 'EnvironmentMetrics.v1_3_2', 'Environment Metrics', {
        PowerWatts: { Reading: server.supplies.reduce((sum, { value }) => sum + value, 0) },
      }),
  };
}

/** One page of the event log, or one entry of it; undefined for another path. */
export function logResource(server: Server, path: string, query: URLSearchParams): Resource | undefined {
  const { traits, log } = server;
  const one = path.startsWith(`${entries}/`) && log.find(({ id }) => path === `${entries}/${id}`);
  if (one) return logEntry(one);
  if (path !== entries) return undefined;
  if (query.has('$skip') && !traits.skips) return undefined;
  const skip = Number(query.get('$skip') ?? query.get('page') ?? 0);
  const page = log.slice(skip, skip + traits.logPage);
  const next = skip + page.length;
  return {
    '@odata.id': entries,
    '@odata.type': '#LogEntryCollection.LogEntryCollection',
    Name: 'Log Entry Collection',
    'Members@odata.count': log.length,
    Members: page.map((record) => (traits.logStyle === 'links' ? at(`${entries}/${record.id}`) : logEntry(record))),
    ...(next < log.length ? { 'Members@odata.nextLink': `${entries}?${traits.skips ? '$skip' : 'page'}=${next}` } : {}),
  };
}

function logEntry({ id, at: createdAt, severity, message }: LogRecord): Resource {
  return resource(`${entries}/${id}`, 'LogEntry.v1_16_1', `Log Entry ${id}`, {
    EntryType: 'Event',
    Severity: severity,
    Created: iso(createdAt),
    Message: message,
    MessageId: 'Contoso.1.0.Event',
  });
}
