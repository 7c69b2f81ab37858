import { useState, type KeyboardEvent } from 'react';

interface ComposerProps {
  disabled: boolean;
  maxLength: number;
  onSend: (text: string) => void;
}

/** Enter sends, Shift+Enter breaks the line; the field grows with its text (CSS field-sizing). */
export function Composer({ disabled, maxLength, onSend }: ComposerProps) {
  const [text, setText] = useState('');
  const ready = !disabled && text.trim().length > 0;

  const submit = () => {
    if (ready) {
      onSend(text.trim());
      setText('');
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends an input method's composition belongs to the input method.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    }
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label className="sr-only" htmlFor="message">
        Your message
      </label>
      <textarea
        id="message"
        rows={1}
        placeholder={disabled ? '' : 'Write a message'}
        value={text}
        maxLength={maxLength}
        disabled={disabled}
        autoComplete="off"
        enterKeyHint="send"
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <button type="submit" disabled={!ready} aria-label="Send">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 19V5M6 11l6-6 6 6" />
        </svg>
      </button>
    </form>
  );
}
