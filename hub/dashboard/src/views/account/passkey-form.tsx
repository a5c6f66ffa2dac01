import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { addPasskey } from '../../data/passkey.ts';
import { useText } from '../../text/use-text.ts';
import { PasskeyRefusal } from './passkey-refusal.tsx';

/** A name and the password; then the browser asks how to unlock the new passkey. */
export function PasskeyForm({ onDone }: { readonly onDone: () => unknown }) {
  const { t } = useText();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [isTried, setTried] = useState(false);
  const add = useMutation({ mutationFn: () => addPasskey(name.trim(), password), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== '' && password !== '') add.mutate();
  };
  const missing = (text: string) => (isTried && text.trim() === '' ? t('units.add.required') : undefined);
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="soft">{t('passkey.add.first')}</p>
      <TextInput
        data-autofocus
        label={t('passkey.name')}
        placeholder={t('passkey.name.example')}
        maxLength={60}
        value={name}
        error={missing(name)}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={t('proof.password')}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        value={password}
        error={missing(password)}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasskeyRefusal error={add.error} />
      <Button type="submit" loading={add.isPending}>
        {t('passkey.add')}
      </Button>
    </form>
  );
}
