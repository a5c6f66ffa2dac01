import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useOperation } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';

interface CommandButtonProps {
  readonly capability: string;
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** Other words than the command's own label. */
  readonly children?: ReactNode;
  readonly label?: string;
  readonly disabled?: boolean;
}

/** Gives one command; not there when the device does not offer it or the person may not give it. */
export function CommandButton({ capability, name, args, children, label, disabled }: CommandButtonProps) {
  const { pick } = useText();
  const { can, send, sending } = useOperation();
  const command = findCapability(capability)?.commands[name];
  if (!can(capability, name)) return null;
  const saying = label ?? (typeof children === 'string' ? children : undefined);
  return (
    <Button
      variant="default"
      size="xs"
      h={36}
      fz="0.875rem"
      fw={500}
      aria-label={label}
      disabled={sending || disabled === true}
      onClick={() =>
        send({
          capability,
          name,
          ...(args === undefined ? {} : { args }),
          ...(saying === undefined ? {} : { saying }),
        })
      }
    >
      {children ?? (command ? pick(command.label) : name)}
    </Button>
  );
}
