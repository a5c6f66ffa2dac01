import { Button, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useText } from '../../text/use-text.ts';
import { Refusal } from './refusal.tsx';

interface ProvePasswordProps {
  readonly label: string;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly danger?: boolean;
  readonly onProve: (password: string) => void;
}

/** Asks whoever has the session to prove that they are the person. */
export function ProvePassword({ label, error, isPending, danger, onProve }: ProvePasswordProps) {
  const { t } = useText();
  const [password, setPassword] = useState('');
  const [isTried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (password !== '') onProve(password);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <PasswordInput
        data-autofocus
        label={t('proof.password')}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={isTried && password === '' ? t('units.add.required') : undefined}
      />
      <Refusal error={error} />
      <Button type="submit" loading={isPending} {...(danger ? { color: 'red' } : {})}>
        {label}
      </Button>
    </form>
  );
}
