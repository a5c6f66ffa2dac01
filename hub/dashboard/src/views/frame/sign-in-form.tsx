import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertOctagon, IconLock } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../data/api.ts';
import { type ApiError, toApiError } from '../../data/api-error.ts';
import { useText } from '../../text/use-text.ts';
import { formatDuration } from '../../ui/format.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

interface SignInFormProps {
  /** Address of the person whose session ended; it cannot be changed then. */
  readonly email?: string;
  readonly onSignedIn: () => unknown;
}

/** E-mail and password. Every refusal says what to do about it. */
export function SignInForm({ email: fixedEmail, onSignedIn }: SignInFormProps) {
  const { t } = useText();
  const [email, setEmail] = useState(fixedEmail ?? '');
  const [password, setPassword] = useState('');
  const [incomplete, setIncomplete] = useState(false);
  const signIn = useMutation({ mutationFn: () => api.signIn(email.trim(), password), onSuccess: onSignedIn });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const missing = email.trim() === '' || password === '';
    setIncomplete(missing);
    if (!missing) signIn.mutate();
  };
  return (
    <form onSubmit={submit} className="stack" noValidate>
      <TextInput
        label={t('signIn.email')}
        type="email"
        autoComplete="username"
        inputMode="email"
        size="md"
        value={email}
        readOnly={fixedEmail !== undefined}
        onChange={(event) => setEmail(event.currentTarget.value)}
        autoFocus={fixedEmail === undefined}
      />
      <PasswordInput
        label={t('signIn.password')}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.reveal') }}
        size="md"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        data-autofocus={fixedEmail !== undefined || undefined}
      />
      {incomplete ? <p role="alert">{t('signIn.missing')}</p> : <Refusal error={signIn.error} />}
      <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}

function isLock(problem: ApiError): boolean {
  return problem.kind === 'limited' || /lock/i.test(problem.code);
}

function Refusal({ error }: { readonly error: unknown }) {
  const { t, language } = useText();
  if (!error) return null;
  const problem = toApiError(error);
  if (isLock(problem)) {
    const wait = problem.retryAfterSeconds;
    return (
      <div className="notice" role="alert" data-tone="attention">
        <IconLock aria-hidden />
        <span>
          {wait === undefined
            ? t('signIn.lockedUnknown')
            : t('signIn.locked', { wait: formatDuration(wait, language) })}
        </span>
      </div>
    );
  }
  const wrong = problem.kind === 'signed-out' || problem.kind === 'refused';
  if (!wrong && problem.kind !== 'forbidden') return <ProblemLine error={error} />;
  return (
    <div className="notice" role="alert" data-tone="fault">
      <IconAlertOctagon aria-hidden />
      <span>{wrong ? t('signIn.wrong') : t('signIn.forbidden')}</span>
    </div>
  );
}
