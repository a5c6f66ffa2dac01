import { Button, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

const usualMinutes = 10;

/** What runs over the picture, and a line to send. */
export function MessageWidget({ state }: WidgetProps<'message'>) {
  const { t } = useText();
  return (
    <>
      {state.text === undefined ? (
        <p className="soft">{t('message.none')}</p>
      ) : (
        <Badge tone="attention">{t('message.shown', { text: state.text })}</Badge>
      )}
      <MessageForm />
      {state.text === undefined ? null : (
        <div className="row">
          <CommandButton capability="message" name="clear" />
        </div>
      )}
    </>
  );
}

function MessageForm() {
  const { t } = useText();
  const { can, send, sending } = useOperation();
  const [text, setText] = useState('');
  const [minutes, setMinutes] = useState<string | number>(usualMinutes);
  if (!can('message', 'show')) return null;
  const args = { text: text.trim(), minutes: Number(minutes) };
  const isSound = findCapability('message')?.commands['show']?.args.safeParse(args).success ?? false;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSound) send({ capability: 'message', name: 'show', args, saying: args.text });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label={t('message.text')}
        placeholder={t('message.text.example')}
        value={text}
        maxLength={160}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="row">
        <NumberInput
          aria-label={t('message.minutes')}
          suffix={t('message.minutes.suffix')}
          value={minutes}
          min={1}
          max={240}
          w="8rem"
          onChange={setMinutes}
        />
        <Button type="submit" variant="default" disabled={sending || !isSound}>
          {t('message.show')}
        </Button>
      </div>
    </form>
  );
}
