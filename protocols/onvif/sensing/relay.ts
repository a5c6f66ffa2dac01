import { namespaces } from '../namespaces.ts';
import { acknowledge, type SoapOperation } from '../soap.ts';
import { formatDuration, parseDuration } from '../values.ts';
import { attribute, childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';

/** How a relay output behaves [ONVIF Core 8.6.2]. */
export interface RelaySettings {
  /** `Bistable` stays as it was set, `Monostable` returns to its idle state after the delay. */
  readonly mode: 'Monostable' | 'Bistable';
  /** Milliseconds; without meaning in the mode `Bistable`. */
  readonly delayMs: number;
  /** What the contact is while the output is inactive. */
  readonly idle: 'open' | 'closed';
}

/** One relay output. Whether it is active is told by its events only: there is no question for it [ONVIF Core 8.6.3]. */
export interface RelayOutput {
  readonly token: string;
  readonly settings: RelaySettings;
}

export interface DigitalInput {
  readonly token: string;
  readonly idle: 'open' | 'closed' | undefined;
}

/** Most outputs or inputs that are read from one answer. */
const maxPorts = 64;

/** The outputs with their settings [ONVIF Core 8.6.1]. */
export function getRelayOutputs(): SoapOperation<readonly RelayOutput[]> {
  return operation(namespaces.tds, 'GetRelayOutputs', undefined, (answer) =>
    childrenNamed(answer, 'RelayOutputs')
      .slice(0, maxPorts)
      .flatMap((output) => {
        const token = attribute(output, 'token') ?? '';
        const mode = textAt(output, 'Properties', 'Mode');
        const delayMs = parseDuration(textAt(output, 'Properties', 'DelayTime')) ?? 0;
        const idle = textAt(output, 'Properties', 'IdleState');
        if (token === '' || (mode !== 'Monostable' && mode !== 'Bistable')) return [];
        return {
          token,
          settings: { mode, delayMs, idle: idle === 'closed' ? ('closed' as const) : ('open' as const) },
        };
      }),
  );
}

export function setRelayOutputSettings(token: string, settings: RelaySettings): SoapOperation<undefined> {
  const properties = xml`<tt:Mode>${settings.mode}</tt:Mode><tt:DelayTime>${formatDuration(settings.delayMs)}</tt:DelayTime><tt:IdleState>${settings.idle}</tt:IdleState>`;
  const content = xml`<o:RelayOutputToken>${token}</o:RelayOutputToken><o:Properties xmlns:tt="${namespaces.tt}">${properties}</o:Properties>`;
  return operation(namespaces.tds, 'SetRelayOutputSettings', content, acknowledge);
}

/** Triggers an output [ONVIF Core 8.6.3]. */
export function setRelayOutputState(token: string, isActive: boolean): SoapOperation<undefined> {
  const state = isActive ? 'active' : 'inactive';
  const content = xml`<o:RelayOutputToken>${token}</o:RelayOutputToken><o:LogicalState>${state}</o:LogicalState>`;
  return operation(namespaces.tds, 'SetRelayOutputState', content, acknowledge);
}

/** The inputs, by the service for inputs and outputs [ONVIF Device IO 5.7.1]; their states come by events. */
export function getDigitalInputs(): SoapOperation<readonly DigitalInput[]> {
  return operation(namespaces.tmd, 'GetDigitalInputs', undefined, (answer) =>
    childrenNamed(answer, 'DigitalInputs')
      .slice(0, maxPorts)
      .flatMap((input) => {
        const token = attribute(input, 'token') ?? '';
        const idle = attribute(input, 'IdleState');
        return token === '' ? [] : { token, idle: idle === 'open' || idle === 'closed' ? idle : undefined };
      }),
  );
}

function operation<Result>(
  namespace: string,
  name: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespace}/${name}`,
    body: xml`<o:${tag} xmlns:o="${namespace}">${content}</o:${tag}>`,
    answer: { namespace, name: `${name}Response` },
    read,
  };
}
