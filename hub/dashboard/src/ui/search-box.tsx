import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useText } from '../text/use-text.ts';

const settleMs = 300;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

interface SearchBoxProps {
  readonly value: string;
  readonly onChange: (words: string) => void;
  readonly placeholder: string;
}

/**
 * Search as one types. While an input method composes (Telex writes `dd` before `đ`) nothing is searched; `/` puts the
 * caret here from anywhere on the page.
 */
export function SearchBox({ value, onChange, placeholder }: SearchBoxProps) {
  const { t } = useText();
  const [typed, setTyped] = useState(value);
  const [composing, setComposing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const sent = useRef(value);
  const latest = useRef(onChange);
  latest.current = onChange;

  useEffect(() => {
    // A value that came from elsewhere (a link, "back") replaces what is typed; our own echo does not.
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);

  useEffect(() => {
    if (composing || typed.trim() === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed.trim();
      latest.current(sent.current);
    }, settleMs);
    return () => clearTimeout(timer);
  }, [typed, composing]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.isComposing || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <TextInput
      ref={field}
      type="search"
      className="search-box"
      aria-label={t('list.search')}
      placeholder={placeholder}
      value={typed}
      maxLength={200}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={
        typed === '' ? (
          <Kbd className="wide-only" aria-hidden>
            /
          </Kbd>
        ) : (
          <CloseButton aria-label={t('list.clearSearch')} onClick={() => setTyped('')} size="sm" />
        )
      }
      onChange={(event) => setTyped(event.currentTarget.value)}
      onCompositionStart={() => setComposing(true)}
      onCompositionEnd={(event) => {
        setComposing(false);
        setTyped(event.currentTarget.value);
      }}
    />
  );
}
