import { namespaces } from '../namespaces.ts';
import { acknowledge, requireChild, type SoapOperation } from '../soap.ts';
import { parseCount, parseList } from '../values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';

/** A message broker that a device publishes its events to [ONVIF Core 9.12]. */
export interface EventBroker {
  /** `mqtt://host:port`; one entry per address. */
  readonly address: string;
  /** First part of every topic. */
  readonly topicPrefix: string;
  readonly username: string | undefined;
  /** `Offline`, `Connecting` or `Connected`; undefined where the device does not tell. */
  readonly status: string | undefined;
}

export interface NewEventBroker {
  readonly address: string;
  readonly topicPrefix: string;
  readonly username: string;
  readonly password: string;
  readonly qos: 0 | 1 | 2;
}

export interface EventCapabilities {
  /** 0 for a device that cannot publish. */
  readonly maxEventBrokers: number;
  /** Of `mqtt`, `mqtts`, `ws` and `wss`. */
  readonly eventBrokerProtocols: readonly string[];
}

const maxBrokers = 32;
const maxTopics = 512;
const maxTopicDepth = 12;

/** What the event service can do [ONVIF Core 9.8]. */
export function getEventCapabilities(): SoapOperation<EventCapabilities> {
  return eventOperation('GetServiceCapabilities', undefined, (answer) => {
    const capabilities = requireChild(answer, 'Capabilities');
    return {
      maxEventBrokers: parseCount(attribute(capabilities, 'MaxEventBrokers')) ?? 0,
      eventBrokerProtocols: parseList(attribute(capabilities, 'EventBrokerProtocols')),
    };
  });
}

/** Every topic that the device can tell about, as paths of local names [ONVIF Core 9.5]. */
export function getEventProperties(): SoapOperation<readonly string[]> {
  return eventOperation('GetEventProperties', undefined, (answer) => {
    const topics: string[] = [];
    collectTopics(child(answer, 'TopicSet'), '', topics, 0);
    return topics;
  });
}

/** Lets the device publish its events to a broker; an entry with the same address is replaced [ONVIF Core 9.12.2]. */
export function addEventBroker(broker: NewEventBroker): SoapOperation<undefined> {
  const { address, topicPrefix, username, password, qos } = broker;
  // In the order of tev:EventBrokerConfig; without a filter all events come, and no metadata.
  const content = xml`<tev:EventBroker><tev:Address>${address}</tev:Address><tev:TopicPrefix>${topicPrefix}</tev:TopicPrefix><tev:UserName>${username}</tev:UserName><tev:Password>${password}</tev:Password><tev:QoS>${qos}</tev:QoS></tev:EventBroker>`;
  return eventOperation('AddEventBroker', content, acknowledge);
}

export function deleteEventBroker(address: string): SoapOperation<undefined> {
  return eventOperation('DeleteEventBroker', xml`<tev:Address>${address}</tev:Address>`, acknowledge);
}

/** All brokers that the device publishes to; it never tells their passwords [ONVIF Core 9.12.4]. */
export function getEventBrokers(): SoapOperation<readonly EventBroker[]> {
  return eventOperation('GetEventBrokers', undefined, (answer) =>
    childrenNamed(answer, 'EventBroker')
      .slice(0, maxBrokers)
      .flatMap((broker) => {
        const address = textAt(broker, 'Address');
        if (address === undefined) return [];
        return {
          address,
          topicPrefix: textAt(broker, 'TopicPrefix') ?? '',
          username: textAt(broker, 'UserName'),
          status: textAt(broker, 'Status'),
        };
      }),
  );
}

function eventOperation<Result>(
  name: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespaces.tev}/EventPortType/${name}Request`,
    body: xml`<tev:${tag} xmlns:tev="${namespaces.tev}">${content}</tev:${tag}>`,
    answer: { namespace: namespaces.tev, name: `${name}Response` },
    read,
  };
}

/** An element is a topic where it says so; what stands below it may be topics too [WS-Topics 1.3, section 6]. */
function collectTopics(element: XmlElement | undefined, path: string, topics: string[], depth: number): void {
  if (!element || depth > maxTopicDepth) return;
  for (const one of element.children) {
    if (topics.length >= maxTopics) return;
    const own = path === '' ? one.name : `${path}/${one.name}`;
    const isTopic = one.attributes.some(({ name, value }) => name === 'topic' && /^(true|1)$/.test(value.trim()));
    if (isTopic) topics.push(own);
    collectTopics(one, own, topics, depth + 1);
  }
}
