import type { Label } from './label.ts';

/** What a device reports at this moment, by capability; a capability that is absent says nothing. */
export type ReportedStates = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** Something that must not be so while a command runs, told by the device's own reported state. */
export interface Precondition {
  /** Code of the refusal, `precondition-...`. */
  readonly code: `precondition-${string}`;
  /** Why not now. */
  readonly label: Label;
  /** What to do instead. */
  readonly remedy: Label;
  /** Whether a person with the right may go ahead nevertheless; never where it harms the device. */
  readonly mayForce: boolean;
  /** Capabilities that it reads. */
  readonly reads: readonly string[];
  /** Whether it stands in the way. What is not reported does not: nobody is refused for a guess. */
  stands(states: ReportedStates): boolean;
}

/** One field of one capability has one of these values. */
function reports(capability: string, field: string, values: readonly unknown[]) {
  return (states: ReportedStates) => values.includes(states[capability]?.[field]);
}

const isRecorderBusy = reports('recording', 'state', ['starting', 'recording', 'paused', 'stopping']);
const isStudioRecording = reports('studio', 'mode', ['recording', 'live']);
const isEncoderLive = reports('streaming', 'state', ['starting', 'live', 'reconnecting']);
const isStudioLive = reports('studio', 'mode', ['live']);
const isAwake = reports('power', 'state', ['on']);
const isOffCharger = reports('battery', 'state', ['discharging']);

export const cooling: Precondition = {
  code: 'precondition-cooling',
  label: { vi: 'Máy đang làm nguội đèn.', en: 'The lamp is cooling.' },
  remedy: {
    vi: 'Chờ vài phút cho quạt dừng rồi làm lại; ngắt lúc này làm hỏng đèn.',
    en: 'Wait some minutes until the fan stops; to cut it now harms the lamp.',
  },
  mayForce: false,
  reads: ['power'],
  stands: reports('power', 'state', ['cooling']),
};

export const warming: Precondition = {
  code: 'precondition-warming',
  label: { vi: 'Máy đang khởi động đèn.', en: 'The lamp is warming up.' },
  remedy: { vi: 'Chờ đến khi có hình rồi làm lại.', en: 'Wait until there is a picture.' },
  mayForce: false,
  reads: ['power'],
  stands: reports('power', 'state', ['warming']),
};

export const recordingNow: Precondition = {
  code: 'precondition-recording',
  label: { vi: 'Thiết bị đang ghi hình.', en: 'A recording is under way.' },
  remedy: {
    vi: 'Dừng ghi trước, hoặc chờ ghi xong; nếu không, bản ghi sẽ hỏng.',
    en: 'Stop the recording first or wait for its end; otherwise it is lost.',
  },
  mayForce: true,
  reads: ['recording', 'studio'],
  stands: (states) => isRecorderBusy(states) || isStudioRecording(states),
};

export const streamingNow: Precondition = {
  code: 'precondition-streaming',
  label: { vi: 'Thiết bị đang phát trực tiếp.', en: 'It is live.' },
  remedy: {
    vi: 'Ngừng phát trước; nếu không, người xem mất hình.',
    en: 'Stop the stream first; otherwise viewers lose it.',
  },
  mayForce: true,
  reads: ['streaming', 'studio'],
  stands: (states) => isEncoderLive(states) || isStudioLive(states),
};

export const alarmSounding: Precondition = {
  code: 'precondition-alarm',
  label: { vi: 'Cổng đang báo động.', en: 'An alarm is sounding.' },
  remedy: {
    vi: 'Xử lý báo động trước: không ai được nhầm nó với lần thử.',
    en: 'Deal with the alarm first: nobody may take it for a test.',
  },
  mayForce: true,
  reads: ['gate'],
  stands: reports('gate', 'alarmOutput', [true]),
};

export const worn: Precondition = {
  code: 'precondition-in-use',
  label: {
    vi: 'Thiết bị đang được dùng: màn hình bật, không cắm sạc.',
    en: 'Somebody uses it: it is awake and off its charger.',
  },
  remedy: { vi: 'Chờ học sinh tháo kính và cắm sạc.', en: 'Wait until it is taken off and back on its charger.' },
  mayForce: true,
  reads: ['battery', 'power'],
  stands: (states) => isAwake(states) && isOffCharger(states),
};

export const onBattery: Precondition = {
  code: 'precondition-on-battery',
  label: { vi: 'Đang chạy bằng ắc quy vì mất điện.', en: 'It runs on its battery: the mains are away.' },
  remedy: {
    vi: 'Chờ có điện lại: khởi động lúc này có thể không lên được.',
    en: 'Wait for the mains: it may not come back from a restart now.',
  },
  mayForce: true,
  reads: ['ups'],
  stands: reports('ups', 'source', ['battery']),
};

const all = [cooling, warming, recordingNow, streamingNow, alarmSounding, worn, onBattery];

/** The precondition of a code from outside; undefined when this version does not know it. */
export function findPrecondition(code: string): Precondition | undefined {
  return all.find((precondition) => precondition.code === code);
}

/** What stands in the way of a command that requires these, in their order. */
export function obstaclesOf(requires: readonly Precondition[], states: ReportedStates): readonly Precondition[] {
  return requires.filter((precondition) => precondition.stands(states));
}
