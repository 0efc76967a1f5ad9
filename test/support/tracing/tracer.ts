/** A statement as somebody who traces mysql2 gets to see it. */
export interface TracedStatement {
  readonly sql: string;
  /** Where its connection goes to. */
  readonly port: number;
  /** Told as part of the request that was traced. */
  readonly isInRequest: boolean;
  readonly hasFailed: boolean;
}

/** Somebody who traces the statements of this process. */
export interface Tracer {
  /** What is called in here is part of the one request. */
  inRequest<T>(work: () => Promise<T>): Promise<T>;
  /** In the order of their beginning; those that have ended. */
  statements(): readonly TracedStatement[];
  stop(): void;
}
