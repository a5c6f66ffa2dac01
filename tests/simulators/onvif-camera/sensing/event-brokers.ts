import { createConnection } from 'node:net';
import { type IStream, MqttClient } from 'mqtt';
import { type Camera, cameraNow } from '../camera.ts';
import { envelope, escapeText, Fault, type ServiceRequest, textIn } from '../soap.ts';
import { type CameraEvent, propertiesOf } from './senses.ts';

interface Broker {
  readonly address: string;
  readonly prefix: string;
  readonly username: string;
  readonly password: string;
  readonly qos: 0 | 1 | 2;
  readonly client: MqttClient | undefined;
}

/** Publishes events to MQTT brokers as ONVIF Core 9.12 says, with a client that others wrote. */
export interface EventBrokers extends AsyncDisposable {
  answer(request: ServiceRequest): string | undefined;
  publish(event: CameraEvent): void;
  /** Ends a property for good. */
  remove(event: CameraEvent): void;
  /** Addresses that it holds, and whether it is signed in there. */
  readonly known: readonly { readonly address: string; readonly prefix: string; readonly isConnected: boolean }[];
  /** Loses its connections and connects anew, as after a fault of the network. */
  reconnect(): void;
  /** Publishes whatever a test likes, where it likes. */
  publishRaw(topic: string, payload: string): void;
}

const reconnectMs = 200;

/** Speaks from `host`, so that each simulated camera is a host of its own to the broker too. */
export function createEventBrokers(camera: Camera, host: string): EventBrokers {
  const brokers = new Map<string, Broker>();

  const topicOf = ({ prefix }: Broker, event: CameraEvent): string => {
    const local = event.topic.replaceAll('tns1:', '');
    const source = event.source.map(([, value]) => value.replace(/[#+]/g, '')).join('/');
    return `${prefix}/onvif-ej/${local}${source === '' ? '' : `/&${source}`}`;
  };
  const payloadOf = (event: CameraEvent): string =>
    JSON.stringify({
      UtcTime: new Date(cameraNow(camera)).toISOString(),
      Source: Object.fromEntries(event.source),
      Data: {
        ...Object.fromEntries(event.data),
        ...(event.elements === undefined ? {} : { Info: { '@Likelihood': 0.9, Text: event.elements } }),
      },
    });
  const send = (broker: Broker, topic: string, payload: string, isRetained: boolean) => {
    if (broker.client?.connected) broker.client.publish(topic, payload, { qos: broker.qos, retain: isRetained });
  };
  const publishTo = (broker: Broker, event: CameraEvent) =>
    send(broker, topicOf(broker, event), payloadOf(event), event.isProperty);
  const drop = async (address: string) => {
    const broker = brokers.get(address);
    brokers.delete(address);
    await broker?.client?.endAsync(true);
  };

  const add = (request: ServiceRequest): string => {
    const { operation } = request;
    const address = textIn(operation, 'Address');
    const prefix = textIn(operation, 'TopicPrefix');
    const protocol = /^(\w+):\/\/[^/]+:\d+$/.exec(address)?.[1];
    const refuse = (code: string) => new Fault(400, 'Sender', ['ter:InvalidArgVal', `ter:${code}`], `Refused: ${code}`);
    if (protocol === undefined || prefix === '') throw refuse('InvalidAddress');
    if (protocol !== 'mqtt') throw refuse('InvalidProtocol');
    if (!brokers.has(address) && brokers.size >= camera.traits.maxEventBrokers) {
      throw new Fault(500, 'Receiver', ['ter:Action', 'ter:TooManyEventBrokers'], 'Too many brokers');
    }
    const username = textIn(operation, 'UserName');
    const password = textIn(operation, 'Password');
    const qos = Number(textIn(operation, 'QoS') || 0) as 0 | 1 | 2;
    void drop(address);
    const client = camera.traits.isShyOfBrokers
      ? undefined
      : new MqttClient(() => dial(address, host), {
          username,
          password,
          reconnectPeriod: reconnectMs,
          clientId: camera.identity.serial,
        });
    const broker = { address, prefix, username, password, qos, client };
    client?.on('error', () => undefined);
    client?.on('connect', () => {
      for (const event of propertiesOf(camera)) publishTo(broker, event);
    });
    brokers.set(address, broker);
    return envelope('<tev:AddEventBrokerResponse/>');
  };

  const list = (): string => {
    const entries = [...brokers.values()].map(
      ({ address, prefix, username, qos, client }) =>
        `<tev:EventBroker><tev:Address>${escapeText(address)}</tev:Address><tev:TopicPrefix>${escapeText(prefix)}</tev:TopicPrefix><tev:UserName>${escapeText(username)}</tev:UserName><tev:QoS>${qos}</tev:QoS><tev:Status>${client?.connected ? 'Connected' : 'Connecting'}</tev:Status></tev:EventBroker>`,
    );
    return envelope(`<tev:GetEventBrokersResponse>${entries.join('')}</tev:GetEventBrokersResponse>`);
  };

  const remove = (request: ServiceRequest): string => {
    const address = textIn(request.operation, 'Address');
    if (!brokers.has(address)) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:InvalidAddress'], 'No such broker');
    }
    void drop(address);
    return envelope('<tev:DeleteEventBrokerResponse/>');
  };

  return {
    answer: (request) => {
      if (camera.traits.maxEventBrokers === 0) return undefined;
      if (request.name === 'tev:AddEventBroker') return add(request);
      if (request.name === 'tev:GetEventBrokers') return list();
      return request.name === 'tev:DeleteEventBroker' ? remove(request) : undefined;
    },
    publish: (event) => {
      for (const broker of brokers.values()) publishTo(broker, event);
    },
    remove: (event) => {
      for (const broker of brokers.values()) send(broker, topicOf(broker, event), '', true);
    },
    get known() {
      return [...brokers.values()].map(({ address, prefix, client }) => ({
        address,
        prefix,
        isConnected: client?.connected ?? false,
      }));
    },
    reconnect: () => {
      for (const { client } of brokers.values()) client?.reconnect();
    },
    publishRaw: (topic, payload) => {
      for (const broker of brokers.values()) send(broker, topic, payload, false);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...brokers.keys()].map(drop));
    },
  };
}

function dial(address: string, localAddress: string): IStream {
  const { hostname, port } = new URL(address);
  return createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), localAddress });
}
