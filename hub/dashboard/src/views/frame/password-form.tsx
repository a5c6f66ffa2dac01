import { Button, PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../data/api.ts';
import { useText } from '../../text/use-text.ts';
import { Refusal } from '../account/refusal.tsx';

const leastLength = 12;

/** A new password for the present one; other sessions of this person end. */
export function PasswordForm({ onChanged }: { readonly onChanged: () => unknown }) {
  const { t } = useText();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [isTried, setTried] = useState(false);
  const isShort = next.length < leastLength;
  const change = useMutation({
    mutationFn: () => api.changePassword(current, next),
    onSuccess: () => {
      notifications.show({ message: t('password.changed'), icon: <IconCheck size={18} />, withCloseButton: false });
      return onChanged();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (current !== '' && !isShort && next === again) change.mutate();
  };
  const reveal = { 'aria-label': t('signIn.reveal') };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <PasswordInput
        data-autofocus
        label={t('password.current')}
        autoComplete="current-password"
        visibilityToggleButtonProps={reveal}
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        error={isTried && current === '' ? t('units.add.required') : undefined}
      />
      <PasswordInput
        label={t('password.next')}
        autoComplete="new-password"
        visibilityToggleButtonProps={reveal}
        value={next}
        maxLength={200}
        onChange={(event) => setNext(event.currentTarget.value)}
        error={isTried && isShort ? t('password.short') : undefined}
      />
      <PasswordInput
        label={t('password.again')}
        autoComplete="new-password"
        visibilityToggleButtonProps={reveal}
        value={again}
        maxLength={200}
        onChange={(event) => setAgain(event.currentTarget.value)}
        error={isTried && !isShort && again !== next ? t('password.differs') : undefined}
      />
      <Refusal error={change.error} />
      <Button type="submit" loading={change.isPending}>
        {t('password.change')}
      </Button>
    </form>
  );
}
