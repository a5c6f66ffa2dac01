/** One sensor with thresholds, as its SDR describes it (IPMI 2.0 table 43-1). Values are raw: real = raw * factor * 10^exponent. */
interface SensorRecord {
  readonly number: number;
  /** IPMI 2.0 table 42-3. */
  readonly type: number;
  /** IPMI 2.0 table 43-15: 1 degrees C, 4 volts, 6 watts, 18 revolutions a minute. */
  readonly unit: number;
  readonly factor: number;
  readonly exponent: number;
  readonly entity: number;
  readonly name: string;
  readonly value: number;
  /** Non-critical, critical, non-recoverable. */
  readonly upper?: readonly [number, number, number];
  readonly lower?: readonly [number, number, number];
}

const sensorRecords: readonly SensorRecord[] = [
  {
    number: 1,
    type: 1,
    unit: 1,
    factor: 1,
    exponent: 0,
    entity: 0x03,
    name: 'CPU1 Temp',
    value: 45,
    upper: [85, 95, 100],
  },
  {
    number: 2,
    type: 1,
    unit: 1,
    factor: 1,
    exponent: 0,
    entity: 0x37,
    name: 'Inlet Temp',
    value: 24,
    upper: [42, 45, 50],
  },
  { number: 3, type: 4, unit: 18, factor: 100, exponent: 0, entity: 0x1d, name: 'FAN1', value: 50, lower: [7, 5, 4] },
  {
    number: 4,
    type: 2,
    unit: 4,
    factor: 60,
    exponent: -3,
    entity: 0x07,
    name: '12V',
    value: 201,
    upper: [210, 215, 220],
    lower: [190, 185, 180],
  },
  { number: 5, type: 0x0b, unit: 6, factor: 2, exponent: 0, entity: 0x0a, name: 'PS1 Input Power', value: 90 },
];

/** The discrete sensor of the power supply: bit 0 present, bit 1 failed. */
const supplySensor = 6;

const none = [0, 0, 0] as const;
const nameBytes = (name: string) => [0xc0 | name.length, ...Buffer.from(name, 'latin1')];
const record = (type: number, body: readonly number[]) => [0, 0, 0x51, type, body.length, ...body];

function fullSensor(sensor: SensorRecord): readonly number[] {
  const { upper = none, lower = none } = sensor;
  const mask = (sensor.upper ? 0x38 : 0) | (sensor.lower ? 0x07 : 0);
  return record(0x01, [
    ...[0x20, 0, sensor.number, sensor.entity, 1, 0x7f, 0x68, sensor.type, 0x01],
    ...[0, 0, 0, 0, mask, mask],
    ...[0, sensor.unit, 0, 0, sensor.factor, 0, 0, 0, 0, (sensor.exponent & 0x0f) << 4],
    ...[0, 0, 0, 0, 0xff, 0],
    ...[upper[2], upper[1], upper[0], lower[2], lower[1], lower[0]],
    ...[1, 1, 0, 0, 0],
    ...nameBytes(sensor.name),
  ]);
}

function compactSensor(): readonly number[] {
  const head = [0x20, 0, supplySensor, 0x0a, 1, 0x7f, 0x40, 0x08, 0x6f, 3, 0, 3, 0, 3, 0, 0xc0, 0, 0];
  return record(0x02, [...head, 1, 0, 0, 0, 0, 0, 0, 0, ...nameBytes('PS1 Status')]);
}

/** An inventory of chassis, board and product (IPMI FRU 1.0 sections 8, 10 to 12). */
function inventory(): readonly number[] {
  const area = (head: readonly number[], fields: readonly string[]): number[] => {
    const bytes = [...head, ...fields.flatMap(nameBytes), 0xc1];
    while ((bytes.length + 1) % 8 !== 0) bytes.push(0);
    bytes[1] = (bytes.length + 1) / 8;
    return [...bytes, checksum(bytes)];
  };
  const chassis = area([1, 0, 0x17], ['CH-100', 'CHS0001']);
  const board = area([1, 0, 0, 0x10, 0x20, 0x30], ['Contoso', 'MB-3500', 'BRD00042', 'MB-PN-1', 'f1']);
  const product = area([1, 0, 0], ['Contoso', '3500RX', 'PN-224071', '1.10', '437XR1138R2', 'Asset-7', 'f2']);
  const header = [1, 0, 1, 1 + chassis.length / 8, 1 + (chassis.length + board.length) / 8, 0, 0];
  return [...header, checksum(header), ...chassis, ...board, ...product];
}

function checksum(bytes: readonly number[]): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

const hex = (bytes: readonly number[]) => bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
const bits = (count: number) => '1'.repeat(count).padStart(15, '0');

/** Commands that build the controller in `ipmi_sim` (ipmi_sim_cmd(5)). */
export function emulatorCommands(): string {
  const events = `enable scanning per-state ${[bits(12), bits(12), bits(12), bits(12)].join(' ')}`;
  const thresholds = ({ number, upper, lower }: SensorRecord) => {
    const enabled = `${upper ? '111' : '000'}${lower ? '111' : '000'}`;
    const values = [...(upper ?? none)].reverse().concat([...(lower ?? none)].reverse());
    return [
      `sensor_set_threshold 0x20 0 ${number} settable ${enabled} ${values.join(' ')}`,
      `sensor_set_event_support 0x20 0 ${number} ${events}`,
    ];
  };
  const fru = inventory();
  return [
    'mc_setbmc 0x20',
    'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr',
    'sel_enable 0x20 1000 0x0a',
    'sensor_add 0x20 0 0 35 0x6f event-only',
    ...sensorRecords.map((sensor) => `main_sdr_add 0x20 ${hex(fullSensor(sensor))}`),
    `main_sdr_add 0x20 ${hex(compactSensor())}`,
    `mc_add_fru_data 0x20 0 ${fru.length} data ${hex(fru)}`,
    ...sensorRecords.map(({ number, type }) => `sensor_add 0x20 0 ${number} ${type} 0x01`),
    ...sensorRecords.map(({ number, value }) => `sensor_set_value 0x20 0 ${number} ${value} 0`),
    ...sensorRecords.filter(({ upper, lower }) => upper ?? lower).flatMap(thresholds),
    `sensor_add 0x20 0 ${supplySensor} 8 0x6f`,
    `sensor_set_bit_clr_rest 0x20 0 ${supplySensor} 0 1`,
    'mc_enable 0x20',
    '',
  ].join('\n');
}
