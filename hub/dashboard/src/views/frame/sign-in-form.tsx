import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../data/api.ts';
import { toApiError } from '../../data/api-error.ts';
import { useText } from '../../text/use-text.ts';
import { Refusal } from '../account/refusal.tsx';
import { PasskeySignIn } from './passkey-sign-in.tsx';
import { SingleSignOn } from './single-sign-on.tsx';

interface SignInFormProps {
  /** Address of the person whose session ended; it cannot be changed then. */
  readonly email?: string;
  readonly onSignedIn: () => unknown;
}

/** E-mail and password, and the second step of whoever has one. Every refusal says what to do about it. */
export function SignInForm({ email: fixedEmail, onSignedIn }: SignInFormProps) {
  const { t } = useText();
  const [email, setEmail] = useState(fixedEmail ?? '');
  const [password, setPassword] = useState('');
  const [incomplete, setIncomplete] = useState(false);
  const signIn = useMutation({
    mutationFn: () => api.signIn(email.trim(), password),
    onSuccess: (answer) => ('user' in answer ? onSignedIn() : undefined),
  });
  const begin = () => {
    setPassword('');
    signIn.reset();
  };
  if (signIn.data && 'twoFactor' in signIn.data) return <SecondStep onSignedIn={onSignedIn} onBack={begin} />;
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
        autoComplete="username webauthn"
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
      {incomplete ? <p role="alert">{t('signIn.missing')}</p> : <Refusal error={signIn.error} isAtDoor />}
      <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
        {t('signIn.submit')}
      </Button>
      <PasskeySignIn email={fixedEmail} onSignedIn={onSignedIn} />
      <SingleSignOn />
    </form>
  );
}

interface SecondStepProps {
  readonly onSignedIn: () => unknown;
  readonly onBack: () => void;
}

function SecondStep({ onSignedIn, onBack }: SecondStepProps) {
  const { t } = useText();
  const [code, setCode] = useState('');
  const step = useMutation({ mutationFn: () => api.signInSecond(code), onSuccess: onSignedIn });
  const isOver = step.error !== null && toApiError(step.error).code === 'sign-in-expired';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== '') step.mutate();
  };
  return (
    <form onSubmit={submit} className="stack" noValidate>
      <TextInput
        label={t('signIn.second.code')}
        description={t('signIn.second')}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        size="md"
        maxLength={20}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        autoFocus
        data-autofocus
      />
      <Refusal error={step.error} isAtDoor />
      {isOver ? null : (
        <Button type="submit" size="md" loading={step.isPending} fullWidth>
          {t('step.confirm')}
        </Button>
      )}
      <Anchor component="button" type="button" onClick={onBack}>
        {t('signIn.second.back')}
      </Anchor>
      <p className="soft small">{t('signIn.second.lost')}</p>
    </form>
  );
}
