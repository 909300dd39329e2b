/** A place in a text the user wrote. Lines and columns count from 1; columns and lengths count UTF-16 units. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length: number;
  lineText: string;
}

/** One problem as users see it, plain data: printed by render.ts, or handed on as JSON. */
export interface Diagnostic {
  /** Stable, kebab-case, listed in codes.ts. */
  code: string;
  severity: 'error' | 'warning';
  /** The problem in one sentence. */
  message: string;
  /** The way to mend it, in one sentence. */
  remedy: string;
  /** JSON pointer into the spec, `''` for the whole. */
  pointer: string;
  place?: Place;
  /** A literal replacement for what stands at `place`, when there is a likely one ("did you mean"). */
  suggestion?: string;
  /** The user's reason, where `allow` has made a warning of it. */
  allowed?: string;
}
