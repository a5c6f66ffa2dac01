import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../../state/operate.ts';

interface TextCommandProps {
  readonly capability: string;
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly button: string;
  readonly value: string;
  readonly argsOf: (text: string) => Readonly<Record<string, unknown>>;
}

/** A command that takes one line of text; sent only when its arguments are what the capability takes. */
export function TextCommand({ capability, name, label, placeholder, button, value, argsOf }: TextCommandProps) {
  const { can, send, sending } = useOperation();
  const [text, setText] = useState(value);
  if (!can(capability, name)) return null;
  const args = argsOf(text.trim());
  const isSound = findCapability(capability)?.commands[name]?.args.safeParse(args).success ?? false;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSound) send({ capability, name, args });
  };
  return (
    <form className="row" onSubmit={submit}>
      <TextInput
        aria-label={label}
        placeholder={placeholder}
        value={text}
        maxLength={600}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={sending || !isSound}>
        {button}
      </Button>
    </form>
  );
}
