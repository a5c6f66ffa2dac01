import { Button, NativeSelect, NumberInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

/** Words and colour of a contact; one that has not told is no contact at rest. */
const told = (active: boolean | undefined) =>
  active === undefined
    ? ({ text: 'level.unknown', tone: 'quiet' } as const)
    : active
      ? ({ text: 'relay.active', tone: 'attention' } as const)
      : ({ text: 'relay.inactive', tone: 'ok' } as const);

export function RelayWidget({ state }: WidgetProps<'relay'>) {
  const { t, language } = useText();
  return (
    <>
      {(state.outputs ?? []).map((output) => {
        const { token, active, mode, delaySeconds } = output;
        return (
          <div key={`output ${token}`} className="row">
            <Badge tone={told(active).tone}>
              {t('relay.output', { token })}: {t(told(active).text)}
            </Badge>
            {mode === 'monostable' ? (
              <span>{t('relay.pulse', { seconds: formatNumber(delaySeconds ?? 0, language, 1) })}</span>
            ) : null}
            <CommandButton
              capability="relay"
              name="set"
              args={{ token, active: true }}
              label={`${t('relay.on')}: ${token}`}
            >
              {t('relay.on')}
            </CommandButton>
            <CommandButton
              capability="relay"
              name="set"
              args={{ token, active: false }}
              label={`${t('relay.off')}: ${token}`}
            >
              {t('relay.off')}
            </CommandButton>
            <RelayForm output={output} />
          </div>
        );
      })}
      {(state.inputs ?? []).map(({ token, active }) => (
        <Badge key={`input ${token}`} tone={told(active).tone}>
          {t('relay.input', { token })}: {t(told(active).text)}
        </Badge>
      ))}
    </>
  );
}

type Output = NonNullable<WidgetProps<'relay'>['state']['outputs']>[number];

/** How an output behaves: whether it goes back by itself, after how long, and what the contact is at rest. */
function RelayForm({ output }: { readonly output: Output }) {
  const { t, pick } = useText();
  const { can, send, sending } = useOperation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [mode, setMode] = useState(output.mode);
  const [delay, setDelay] = useState<string | number>(output.delaySeconds ?? 1);
  const [idle, setIdle] = useState(output.idle);
  const configure = findCapability('relay')?.commands['configure'];
  if (!configure || !can('relay', 'configure')) return null;
  const pulse = mode === 'monostable' ? { delaySeconds: Number(delay) } : {};
  const args = { token: output.token, mode, idle, ...pulse };
  const isSound = configure.args.safeParse(args).success && (mode === 'bistable' || delay !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isSound) return;
    send({ capability: 'relay', name: 'configure', args });
    close();
  };
  return (
    <>
      <Button
        variant="subtle"
        size="xs"
        h={36}
        fz="0.875rem"
        aria-expanded={opened}
        aria-label={t('relay.configure', { token: output.token })}
        onClick={toggle}
      >
        {pick(configure.label)}
      </Button>
      {opened ? (
        <form className="stack" style={{ flexBasis: '100%' }} onSubmit={submit}>
          <NativeSelect
            label={t('relay.mode')}
            value={mode}
            data={[
              { value: 'bistable', label: t('relay.bistable') },
              { value: 'monostable', label: t('relay.monostable') },
            ]}
            onChange={({ currentTarget }) => setMode(currentTarget.value === 'monostable' ? 'monostable' : 'bistable')}
          />
          {mode === 'monostable' ? (
            <NumberInput
              label={t('relay.delay')}
              suffix={t('relay.delay.suffix')}
              value={delay}
              min={0}
              max={86_400}
              onChange={setDelay}
            />
          ) : null}
          <NativeSelect
            label={t('relay.idle')}
            value={idle}
            data={[
              { value: 'open', label: t('relay.idle.open') },
              { value: 'closed', label: t('relay.idle.closed') },
            ]}
            onChange={({ currentTarget }) => setIdle(currentTarget.value === 'closed' ? 'closed' : 'open')}
          />
          <Button type="submit" variant="default" disabled={sending || !isSound}>
            {t('relay.save')}
          </Button>
        </form>
      ) : null}
    </>
  );
}
