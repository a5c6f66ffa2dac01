import { z } from 'zod';
import type {
  PolicyBody,
  PolicyFault,
  PolicyTarget,
  RuleBody,
  ScheduleBody,
} from '../../protocols/api/operation/policies.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { type CapabilityCommand, findCapability } from '../../protocols/fleet/capabilities/index.ts';
import type { Predicate } from '../../protocols/fleet/policy/bundle.ts';
import { isCronPattern, occurrencesIn } from '../../protocols/fleet/policy/occurrence.ts';
import { isFrozenAt } from '../../protocols/fleet/policy/plan.ts';
import type { PathOf } from './ports.ts';

type Told = PolicyFault['why'];

export interface CheckInput {
  readonly unitPath: string;
  /** Of the places where it counts, at least that of its own unit. */
  readonly calendars: readonly Calendar[];
  readonly pathOf: PathOf;
  readonly nowMs: number;
}

/** How far ahead a schedule must open at least once. */
const horizonMs = 400 * 86_400_000;

/** Everything in a policy that cannot hold, each with its field, the reason and a remedy; none when it may be saved. */
export function faultsOf(body: PolicyBody, input: CheckInput): PolicyFault[] {
  return body.kind === 'schedule' ? scheduleFaults(body, input) : ruleFaults(body, input);
}

function fault(field: string, why: Told, remedy: Told): PolicyFault {
  return { field, why, remedy };
}

function scheduleFaults(body: ScheduleBody, input: CheckInput): PolicyFault[] {
  const { target, steps, from, until } = body;
  const turned = from !== undefined && until !== undefined && until < from;
  return [
    ...targetFaults('body.target', target, input),
    ...steps.flatMap(({ command }, index) => commandFaults(`body.steps.${index}.command`, command)),
    ...(turned
      ? [
          fault(
            'body.until',
            {
              vi: `Ngày cuối (${until}) trước ngày đầu (${from}).`,
              en: `The last day (${until}) is before the first (${from}).`,
            },
            { vi: 'Sửa ngày đầu hoặc ngày cuối.', en: 'Correct the first or the last day.' },
          ),
        ]
      : steps.flatMap((step, index) => triggerFaults(`body.steps.${index}.trigger`, step.trigger, body, input))),
  ];
}

function triggerFaults(
  field: string,
  trigger: ScheduleBody['steps'][number]['trigger'],
  { from, until }: ScheduleBody,
  { calendars, nowMs }: CheckInput,
): PolicyFault[] {
  if (trigger.kind === 'cron' && !isCronPattern(trigger.pattern))
    return [
      fault(
        `${field}.pattern`,
        { vi: 'Biểu thức cron không đọc được.', en: 'The cron pattern cannot be read.' },
        {
          vi: 'Dùng năm phần: phút giờ ngày tháng thứ, ví dụ 0 7 * * 1-5.',
          en: 'Use five fields: minute hour day month weekday, such as 0 7 * * 1-5.',
        },
      ),
    ];
  const timed = { trigger, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
  const opens = calendars.some((calendar) => opensIn(timed, calendar, nowMs));
  if (opens) return [];
  const isUnknown = calendars.every(({ terms, periods }) => terms.length === 0 || periods.length === 0);
  return [
    fault(
      field,
      isUnknown
        ? {
            vi: 'Lịch năm học ở đây chưa có học kỳ hoặc giờ tiết, nên lịch này không bao giờ chạy.',
            en: 'The school calendar here has no term or no periods, so this never runs.',
          }
        : {
            vi: 'Trong 400 ngày tới không có lúc nào lịch này được chạy (chỉ rơi vào ngày nghỉ, kỳ thi hoặc đã qua).',
            en: 'In the next 400 days there is no moment at which this may run: it falls on days off, examinations or the past.',
          },
      isUnknown
        ? { vi: 'Nhập lịch năm học và giờ tiết trước.', en: 'Enter the school calendar and its periods first.' }
        : {
            vi: 'Chọn loại ngày, giờ hoặc khoảng ngày khác.',
            en: 'Choose other sorts of days, another time or other dates.',
          },
    ),
  ];
}

/** Looks by months, so that what opens soon is found soon. */
function opensIn(timed: Parameters<typeof occurrencesIn>[0], calendar: Calendar, nowMs: number): boolean {
  const stepMs = 30 * 86_400_000;
  for (let fromMs = nowMs; fromMs < nowMs + horizonMs; fromMs += stepMs)
    if (occurrencesIn(timed, calendar, fromMs, fromMs + stepMs).some(({ atMs }) => !isFrozenAt(calendar, atMs)))
      return true;
  return false;
}

function ruleFaults(body: RuleBody, input: CheckInput): PolicyFault[] {
  const { watch, commands, event } = body;
  const nothing = commands.length === 0 && !event;
  return [
    ...watchFaults(watch),
    ...targetFaults('body.watch.target', watch.target, input),
    ...commands.flatMap(({ target, ...command }, index) => [
      ...commandFaults(`body.commands.${index}`, command),
      ...targetFaults(`body.commands.${index}.target`, target, input),
    ]),
    ...(nothing
      ? [
          fault(
            'body.commands',
            { vi: 'Quy tắc này không làm gì.', en: 'This rule does nothing.' },
            { vi: 'Thêm một lệnh hoặc một thông báo.', en: 'Add a command or an event.' },
          ),
        ]
      : []),
  ];
}

function targetFaults(
  field: string,
  { unit, exceptUnits = [] }: PolicyTarget,
  { unitPath, pathOf }: CheckInput,
): PolicyFault[] {
  const outside = (id: number) => !(pathOf(id)?.startsWith(unitPath) ?? false);
  const wrong = [
    ...(unit !== undefined && outside(unit) ? [`${field}.unit`] : []),
    ...exceptUnits.flatMap((id, index) => (outside(id) ? [`${field}.exceptUnits.${index}`] : [])),
  ];
  return wrong.map((at) =>
    fault(
      at,
      {
        vi: 'Đơn vị này không nằm dưới đơn vị của quy tắc.',
        en: 'This unit does not lie below the unit of the policy.',
      },
      { vi: 'Chọn một phòng hoặc trường bên dưới.', en: 'Choose a room or school below it.' },
    ),
  );
}

interface Act {
  readonly capability: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Capability, command and arguments, and whether an agent may do this alone. */
function commandFaults(field: string, { capability, name, args }: Act): PolicyFault[] {
  const known = findCapability(capability);
  if (!known) return [unknownCapability(`${field}.capability`, capability)];
  const command = Object.hasOwn(known.commands, name) ? known.commands[name] : undefined;
  if (!command)
    return [
      fault(
        `${field}.name`,
        { vi: `"${known.label.vi}" không có lệnh ${name}.`, en: `"${known.label.en}" has no command ${name}.` },
        {
          vi: `Chọn một trong: ${Object.keys(known.commands).join(', ') || 'không có lệnh nào'}.`,
          en: `Choose one of: ${Object.keys(known.commands).join(', ') || 'there is none'}.`,
        },
      ),
    ];
  if (needsPerson(capability, command))
    return [
      fault(
        `${field}.name`,
        { vi: 'Lệnh này cần một người quyết định từng lần.', en: 'A person has to decide on this command each time.' },
        { vi: 'Gửi lệnh từ trang thiết bị.', en: "Send it from the device's page." },
      ),
    ];
  const parsed = command.args.strict().safeParse(args);
  return parsed.success ? [] : [badArgument(`${field}.args`, parsed.error, command)];
}

/** Pictures are taken for a purpose, and what is dangerous needs a second person. */
function needsPerson(capability: string, { danger }: CapabilityCommand): boolean {
  return danger === 'high' || capability === 'snapshot' || capability === 'accounts';
}

function badArgument(field: string, error: z.ZodError, command: CapabilityCommand): PolicyFault {
  const [issue] = error.issues;
  const path = [field, ...(issue?.path.map(String) ?? [])].join('.');
  const reason = issue?.message ?? 'invalid';
  const names = Object.keys(command.args.shape).join(', ');
  return fault(
    path,
    { vi: `Giá trị không dùng được: ${reason}.`, en: `The value cannot be used: ${reason}.` },
    names
      ? {
          vi: `Lệnh này nhận: ${names}; sửa giá trị cho đúng khoảng.`,
          en: `This command takes: ${names}; keep within their ranges.`,
        }
      : { vi: 'Lệnh này không nhận giá trị nào.', en: 'This command takes no values.' },
  );
}

function unknownCapability(field: string, name: string): PolicyFault {
  return fault(
    field,
    { vi: `Không có khả năng nào tên là ${name}.`, en: `No capability is called ${name}.` },
    { vi: 'Chọn một khả năng trong danh sách.', en: 'Choose a capability of the list.' },
  );
}

function watchFaults({ kind, capability, name, where }: RuleBody['watch']): PolicyFault[] {
  const known = findCapability(capability);
  if (!known) return [unknownCapability('body.watch.capability', capability)];
  const document = kind === 'state' ? known.state : eventOf(known.events, name);
  if (!document)
    return [
      fault(
        'body.watch.name',
        {
          vi: `"${known.label.vi}" không có sự kiện ${name ?? ''}.`,
          en: `"${known.label.en}" has no event ${name ?? ''}.`,
        },
        {
          vi: `Chọn một trong: ${Object.keys(known.events).join(', ') || 'không có sự kiện nào'}.`,
          en: `Choose one of: ${Object.keys(known.events).join(', ') || 'there is none'}.`,
        },
      ),
    ];
  if (kind === 'state' && where.length === 0)
    return [
      fault(
        'body.watch.where',
        { vi: 'Trạng thái cần ít nhất một điều kiện.', en: 'A state needs at least one condition.' },
        { vi: 'Thêm điều kiện, ví dụ state bằng off.', en: 'Add one, such as state equal off.' },
      ),
    ];
  return where.flatMap((predicate, index) => predicateFaults(`body.watch.where.${index}`, predicate, document));
}

function eventOf(events: Readonly<Record<string, z.ZodObject>>, name: string | undefined): z.ZodObject | undefined {
  return name !== undefined && Object.hasOwn(events, name) ? events[name] : undefined;
}

/** The first step of the path, and what it is compared with where that is all of it. */
function predicateFaults(at: string, { field, is, value }: Predicate, document: z.ZodObject): PolicyFault[] {
  const [first = '', ...deeper] = field.split('.');
  const known: unknown = Object.hasOwn(document.shape, first) ? document.shape[first] : undefined;
  if (!(known instanceof z.ZodType))
    return [
      fault(
        `${at}.field`,
        { vi: `Không có trường ${first} ở đây.`, en: `There is no field ${first} here.` },
        {
          vi: `Chọn một trong: ${Object.keys(document.shape).join(', ')}.`,
          en: `Choose one of: ${Object.keys(document.shape).join(', ')}.`,
        },
      ),
    ];
  const isOrder = is === 'above' || is === 'below';
  const fits = isOrder ? typeof value === 'number' : deeper.length > 0 || known.safeParse(value).success;
  if (fits) return [];
  return [
    fault(
      `${at}.value`,
      { vi: `Trường ${field} không bao giờ là ${value}.`, en: `The field ${field} is never ${value}.` },
      { vi: 'Chọn một giá trị mà thiết bị có thể báo.', en: 'Choose a value that a device can report.' },
    ),
  ];
}
