import { type Camera, cameraNow } from './camera.ts';
import { serviceUrl } from './device-service.ts';
import { addressing, durationOf, envelope, Fault, type ServiceRequest, textIn } from './soap.ts';

type Property = 'motion' | 'tamper';

interface PullPoint {
  readonly id: string;
  readonly messages: string[];
  expiresAt: number;
  wake: () => void;
}

/** The event service: pull points as ONVIF Core 9 describes them, few and mortal. */
export interface EventService {
  answer(request: ServiceRequest, signal: AbortSignal): Promise<string> | string | undefined;
  /** Tells all pull points that a property has changed. */
  notify(property: Property): void;
  /** Loses all pull points, as a reboot does. */
  forget(): void;
  readonly pullPoints: number;
}

const maxPullPoints = 8;
const maxWaiting = 64;
const defaultLifetimeMs = 60_000;
const tev = 'http://www.onvif.org/ver10/events/wsdl';
const bw = 'http://docs.oasis-open.org/wsn/bw-2';

export function createEventService(camera: Camera): EventService {
  const points = new Map<string, PullPoint>();
  let nextId = 1;

  const instant = (at: number) => new Date(at).toISOString();
  const deviceTime = (mono: number) => cameraNow(camera) + mono - camera.clock.mono();
  const times = (prefix: string, point: PullPoint) =>
    `<${prefix}:CurrentTime>${instant(cameraNow(camera))}</${prefix}:CurrentTime><${prefix}:TerminationTime>${instant(deviceTime(point.expiresAt))}</${prefix}:TerminationTime>`;

  const dropExpired = () => {
    for (const [id, point] of points) if (point.expiresAt <= camera.clock.mono()) points.delete(id);
  };

  const find = (request: ServiceRequest): PullPoint => {
    dropExpired();
    const id = camera.traits.usesReferenceParameters
      ? textIn(request.header, 'SubscriptionId')
      : /\/pullpoint\/(\w+)$/.exec(request.path)?.[1];
    const point = points.get(id ?? '');
    if (point) return point;
    const detail = `<wsrf-rw:ResourceUnknownFault/>`;
    throw new Fault(500, 'Receiver', ['wsrf-rw:ResourceUnknownFault'], 'The pull point does not exist', detail);
  };

  const lifetime = (request: ServiceRequest, element: string): number => {
    const asked = textIn(request.operation, element);
    const lifetimeMs = asked === '' ? defaultLifetimeMs : durationOf(asked);
    if (lifetimeMs === undefined) throw new Fault(400, 'Sender', ['ter:InvalidArgVal'], `No duration: ${asked}`);
    return camera.clock.mono() + lifetimeMs;
  };

  const message = (property: Property, operation: 'Initialized' | 'Changed') => {
    const [topic, item, value] =
      property === 'motion'
        ? ['tns1:RuleEngine/CellMotionDetector/Motion', 'IsMotion', camera.isMotion]
        : ['tns1:VideoSource/GlobalSceneChange/ImagingService', 'State', camera.isTampered];
    const source =
      property === 'motion'
        ? '<tt:SimpleItem Name="VideoSourceConfigurationToken" Value="vsc0"/><tt:SimpleItem Name="Rule" Value="MyMotionDetector"/>'
        : '<tt:SimpleItem Name="Source" Value="vs0"/>';
    return `<wsnt:NotificationMessage><wsnt:Topic Dialect="${tev.replace('/events/wsdl', '')}/tev/topicExpression/ConcreteSet">${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${instant(cameraNow(camera))}" PropertyOperation="${operation}"><tt:Source>${source}</tt:Source><tt:Data><tt:SimpleItem Name="${item}" Value="${value}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`;
  };

  const create = (request: ServiceRequest): string => {
    dropExpired();
    if (points.size >= maxPullPoints) {
      throw new Fault(400, 'Receiver', ['wsnt:SubscribeCreationFailedFault'], 'Too many pull points');
    }
    const point: PullPoint = {
      id: String(nextId++),
      messages: [message('motion', 'Initialized'), message('tamper', 'Initialized')],
      expiresAt: lifetime(request, 'InitialTerminationTime'),
      wake: () => {},
    };
    points.set(point.id, point);
    const reference = camera.traits.usesReferenceParameters
      ? `<wsa:Address>${serviceUrl(camera, 'events')}</wsa:Address><wsa:ReferenceParameters><axis:SubscriptionId xmlns:axis="http://www.axis.com/2009/event">${point.id}</axis:SubscriptionId></wsa:ReferenceParameters>`
      : `<wsa:Address>${camera.baseUrl}/onvif/pullpoint/${point.id}</wsa:Address>`;
    return envelope(
      `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>${reference}</tev:SubscriptionReference>${times('wsnt', point)}</tev:CreatePullPointSubscriptionResponse>`,
      addressing(`${tev}/EventPortType/CreatePullPointSubscriptionResponse`, request),
    );
  };

  const pull = async (request: ServiceRequest, signal: AbortSignal): Promise<string> => {
    const point = find(request);
    const timeoutMs = durationOf(textIn(request.operation, 'Timeout'));
    const limit = Number(textIn(request.operation, 'MessageLimit'));
    if (timeoutMs === undefined || !(limit > 0)) throw new Fault(400, 'Sender', ['ter:InvalidArgVal'], 'Bad pull');
    if (point.messages.length === 0) await waitFor(point, timeoutMs, signal);
    if (!camera.traits.knowsRenew) point.expiresAt = camera.clock.mono() + defaultLifetimeMs;
    const messages = point.messages.splice(0, limit);
    return envelope(
      `<tev:PullMessagesResponse>${times('tev', point)}${messages.join('')}</tev:PullMessagesResponse>`,
      addressing(`${tev}/PullPointSubscription/PullMessagesResponse`, request),
    );
  };

  const waitFor = async (point: PullPoint, timeoutMs: number, signal: AbortSignal): Promise<void> => {
    const woken = new AbortController();
    point.wake = () => woken.abort();
    await camera.clock.wait(timeoutMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
  };

  const renew = (request: ServiceRequest): string => {
    const point = find(request);
    point.expiresAt = lifetime(request, 'TerminationTime');
    const [current = '', termination = ''] = times('wsnt', point).split(/(?=<wsnt:TerminationTime>)/);
    // WS-BaseNotification has them the other way round than the event service.
    return envelope(
      `<wsnt:RenewResponse>${termination}${current}</wsnt:RenewResponse>`,
      addressing(`${bw}/SubscriptionManager/RenewResponse`, request),
    );
  };

  return {
    get pullPoints() {
      dropExpired();
      return points.size;
    },
    forget: () => {
      for (const point of points.values()) point.wake();
      points.clear();
    },
    notify: (property) => {
      for (const point of points.values()) {
        if (point.messages.length < maxWaiting) point.messages.push(message(property, 'Changed'));
        point.wake();
      }
    },
    answer: (request, signal) => {
      switch (request.name) {
        case 'tev:CreatePullPointSubscription':
          return create(request);
        case 'tev:PullMessages':
          return pull(request, signal);
        case 'wsnt:Renew':
          return renew(request);
        case 'wsnt:Unsubscribe':
          points.delete(find(request).id);
          return envelope(
            '<wsnt:UnsubscribeResponse/>',
            addressing(`${bw}/SubscriptionManager/UnsubscribeResponse`, request),
          );
        default:
          return undefined;
      }
    },
  };
}
