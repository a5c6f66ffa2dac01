import { namespaces } from './namespaces.ts';
import { type Notification, readNotification, readOperation } from './sensing/notification.ts';
import { acknowledge, requireChild, requireText, type SoapOperation } from './soap.ts';
import { formatDuration, parseDateTime } from './values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from './xml.ts';
import { toMarkup, type XmlMarkup, xml } from './xml-markup.ts';

/** A pull point that the device has opened for us [ONVIF Core 9.2]. */
export interface PullPoint {
  /** Where it says its messages can be pulled; only port and path may be used. */
  readonly address: string;
  /** Header blocks that must be sent back with each request [WS-Addressing 1.0 SOAP Binding, section 3.3]. */
  readonly referenceParameters: readonly XmlElement[];
  readonly lifetimeMs: number | undefined;
}

export interface AddressingInput {
  readonly action: string;
  /** URL that the request is sent to, as the device advertised it. */
  readonly to: string;
  /** `urn:uuid:` and a fresh UUID. */
  readonly messageId: string;
  readonly referenceParameters: readonly XmlElement[];
}

/** Most messages that are read from one answer, and items from one message. */
const maxMessages = 256;
const maxItems = 64;
const maxReferenceParameters = 8;

/** Opens a pull point that lives for `lifetimeMs` from now [ONVIF Core 9.2.2]. */
export function createPullPointSubscription(lifetimeMs: number): SoapOperation<PullPoint> {
  const lifetime = formatDuration(lifetimeMs);
  return {
    action: `${namespaces.tev}/EventPortType/CreatePullPointSubscriptionRequest`,
    body: xml`<tev:CreatePullPointSubscription xmlns:tev="${namespaces.tev}"><tev:InitialTerminationTime>${lifetime}</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`,
    answer: { namespace: namespaces.tev, name: 'CreatePullPointSubscriptionResponse' },
    read: (answer) => {
      const reference = requireChild(answer, 'SubscriptionReference');
      return {
        address: requireText(reference, 'Address'),
        referenceParameters: child(reference, 'ReferenceParameters')?.children.slice(0, maxReferenceParameters) ?? [],
        lifetimeMs: readLifetime(answer),
      };
    },
  };
}

/** Waits at the device for up to `timeoutMs` for up to `limit` events [ONVIF Core 9.2.3]. */
export function pullMessages(timeoutMs: number, limit: number): SoapOperation<readonly Notification[]> {
  return {
    action: `${namespaces.tev}/PullPointSubscription/PullMessagesRequest`,
    body: xml`<tev:PullMessages xmlns:tev="${namespaces.tev}"><tev:Timeout>${formatDuration(timeoutMs)}</tev:Timeout><tev:MessageLimit>${limit}</tev:MessageLimit></tev:PullMessages>`,
    answer: { namespace: namespaces.tev, name: 'PullMessagesResponse' },
    read: (answer) =>
      childrenNamed(answer, 'NotificationMessage')
        .slice(0, maxMessages)
        .flatMap((message) => readMessage(message) ?? []),
  };
}

/** Lets the pull point live for `lifetimeMs` from now [WS-BaseNotification 1.3, section 6.1.1]; the answer is how long it really will. */
export function renew(lifetimeMs: number): SoapOperation<number | undefined> {
  const lifetime = formatDuration(lifetimeMs);
  return {
    action: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest',
    body: xml`<wsnt:Renew xmlns:wsnt="${namespaces.wsnt}"><wsnt:TerminationTime>${lifetime}</wsnt:TerminationTime></wsnt:Renew>`,
    answer: { namespace: namespaces.wsnt, name: 'RenewResponse' },
    read: readLifetime,
  };
}

/** Gives the pull point back; devices have few [WS-BaseNotification 1.3, section 6.1.2]. */
export function unsubscribe(): SoapOperation<undefined> {
  return {
    action: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest',
    body: xml`<wsnt:Unsubscribe xmlns:wsnt="${namespaces.wsnt}"/>`,
    answer: { namespace: namespaces.wsnt, name: 'UnsubscribeResponse' },
    read: acknowledge,
  };
}

/** Header blocks for a request to a pull point [WS-Addressing 1.0]. */
export function addressingHeaders(input: AddressingInput): readonly XmlMarkup[] {
  const { wsa } = namespaces;
  return [
    xml`<wsa:Action xmlns:wsa="${wsa}" s:mustUnderstand="1">${input.action}</wsa:Action>`,
    xml`<wsa:MessageID xmlns:wsa="${wsa}">${input.messageId}</wsa:MessageID>`,
    xml`<wsa:ReplyTo xmlns:wsa="${wsa}"><wsa:Address>${wsa}/anonymous</wsa:Address></wsa:ReplyTo>`,
    xml`<wsa:To xmlns:wsa="${wsa}" s:mustUnderstand="1">${input.to}</wsa:To>`,
    ...input.referenceParameters.map((block) =>
      toMarkup(block, xml` xmlns:wsa="${wsa}" wsa:IsReferenceParameter="true"`),
    ),
  ];
}

/** Both times are by the device's clock, so their difference holds whatever that clock says. */
function readLifetime(answer: XmlElement): number | undefined {
  const from = parseDateTime(textAt(answer, 'CurrentTime'));
  const until = parseDateTime(textAt(answer, 'TerminationTime'));
  return from === undefined || until === undefined || until <= from ? undefined : until - from;
}

function readMessage(notification: XmlElement): Notification | undefined {
  // wsnt:Message holds tt:Message; some devices leave the outer one out, and some the inner one when a state has ended.
  const outer = child(notification, 'Message');
  const message = child(outer, 'Message') ?? outer;
  const data = child(message, 'Data');
  return readNotification({
    topic: textAt(notification, 'Topic') ?? '',
    at: parseDateTime(attribute(message, 'UtcTime')),
    operation: readOperation(attribute(message, 'PropertyOperation')),
    source: [...readItems(child(message, 'Source')), ...readItems(child(message, 'Key'))],
    data: readItems(data),
    complexItems: childrenNamed(data, 'ElementItem').length,
  });
}

function readItems(group: XmlElement | undefined): readonly (readonly [name: string, value: string])[] {
  const items = childrenNamed(group, 'SimpleItem').slice(0, maxItems);
  return items.map((item) => [attribute(item, 'Name') ?? '', attribute(item, 'Value') ?? '']);
}
