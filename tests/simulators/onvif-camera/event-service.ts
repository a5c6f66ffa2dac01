import { type Camera, cameraNow } from './camera.ts';
import { serviceUrl } from './device-service.ts';
import { type CameraEvent, propertiesOf, topicsOf } from './sensing/senses.ts';
import { addressing, durationOf, envelope, escapeText, Fault, type ServiceRequest, textIn } from './soap.ts';

interface PullPoint {
  readonly id: string;
  readonly messages: string[];
  expiresAt: number;
  wake: () => void;
}

/** The event service: pull points as ONVIF Core 9 describes them, few and mortal. */
export interface EventService {
  answer(request: ServiceRequest, signal: AbortSignal): Promise<string> | string | undefined;
  /** Tells all pull points what happened. */
  notify(event: CameraEvent): void;
  /** Loses all pull points, as a reboot does. */
  forget(): void;
  readonly pullPoints: number;
}

const maxPullPoints = 8;
const maxWaiting = 64;
const defaultLifetimeMs = 60_000;
const tev = 'http://www.onvif.org/ver10/events/wsdl';
const topicDialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';
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

  const message = (event: CameraEvent, operation: 'Initialized' | 'Changed') => {
    const items = (group: CameraEvent['source'] | CameraEvent['data']) =>
      group.map(([name, value]) => `<tt:SimpleItem Name="${name}" Value="${escapeText(value)}"/>`).join('');
    const property = event.isProperty ? ` PropertyOperation="${operation}"` : '';
    return `<wsnt:NotificationMessage><wsnt:Topic Dialect="${topicDialect}">${event.topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${instant(cameraNow(camera))}"${property}><tt:Source>${items(event.source)}</tt:Source><tt:Data>${items(event.data)}${event.elements ?? ''}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`;
  };

  const create = (request: ServiceRequest): string => {
    dropExpired();
    if (points.size >= maxPullPoints) {
      throw new Fault(400, 'Receiver', ['wsnt:SubscribeCreationFailedFault'], 'Too many pull points');
    }
    const point: PullPoint = {
      id: String(nextId++),
      messages: propertiesOf(camera).map((event) => message(event, 'Initialized')),
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
    notify: (event) => {
      for (const point of points.values()) {
        if (point.messages.length < maxWaiting) point.messages.push(message(event, 'Changed'));
        point.wake();
      }
    },
    answer: (request, signal) => {
      switch (request.name) {
        case 'tev:GetServiceCapabilities':
          return envelope(
            `<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSPullPointSupport="true" MaxPullPoints="${maxPullPoints}"${brokerCapabilities(camera)}/></tev:GetServiceCapabilitiesResponse>`,
          );
        case 'tev:GetEventProperties':
          return eventProperties(camera);
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

function brokerCapabilities({ traits }: Camera): string {
  return traits.maxEventBrokers === 0
    ? ''
    : ` EventBrokerProtocols="mqtt mqtts" MaxEventBrokers="${traits.maxEventBrokers}"`;
}

function eventProperties(camera: Camera): string {
  const topics = topicsOf(camera).map((topic) => {
    const steps = topic.split('/');
    const last = steps.length - 1;
    const open = steps.map((step, index) => `<${step}${index === last ? ' wstop:topic="true"' : ''}>`);
    const close = steps.toReversed().map((step) => `</${step}>`);
    return [...open, ...close].join('');
  });
  return envelope(
    `<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>${topics.join('')}</wstop:TopicSet><wsnt:TopicExpressionDialect>${topicDialect}</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect><tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>`,
  );
}
