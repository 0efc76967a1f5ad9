import type { ErrorRow, Proof } from './codes/error-row.ts';
import { errorRows } from './codes/error-rows.ts';
import { prismaRows } from './codes/prisma-rows.ts';
import { findFamily, findSignal } from './codes/row-families.ts';
import { createRowFinder } from './codes/row-finder.ts';
import { causesOf, type ErrorFacts, factsOf, factsOfKind, inOrderOfExactness } from './error-facts.ts';
import { isGoneAwayError } from './errors.ts';
import { evidenceOf } from './evidence.ts';
import type { Evidence, Failure, Outcome } from './failure.ts';

const findErrorRow = createRowFinder(errorRows);
const findPrismaRow = createRowFinder(prismaRows);

interface Finding {
  readonly row: Pick<ErrorRow, 'proof' | 'kind' | 'invalidates' | 'source'>;
  readonly facts: ErrorFacts;
}

/**
 * What an error proves about the work that it ended.
 *
 * Evidence that a connection attached decides what became of the statement; codes only refine, and decide alone where nobody
 * watched the wire, conservatively. Pure: reads the error and whatever it was caused by, sends nothing, throws nothing.
 */
export function classify(error: unknown): Failure {
  const chain = causesOf(error);
  for (const link of chain) if (isGoneAwayError(link)) return link.failure;
  const evidence = chain.map(evidenceOf).find((found) => found !== undefined);
  // Its code may be any: of the network that a file came over, of another server.
  if (evidence?.clientSide !== undefined)
    return toFailure({ row: clientSide, facts: factsOf(chain.at(-1), evidence) }, evidence);
  for (const link of inOrderOfExactness(chain)) {
    const facts = factsOf(link, evidence);
    const row = findSignal(facts) ?? findErrorRow(facts) ?? findFamily(facts);
    if (row !== undefined) return toFailure({ row, facts }, evidence);
  }
  for (const link of chain) {
    const facts = factsOfKind(link, evidence);
    const row = findPrismaRow(facts);
    if (row !== undefined) return toFailure({ row, facts }, evidence);
  }
  return toFailure({ row: ordinary, facts: factsOf(chain.at(-1), evidence) }, evidence);
}

const ordinary: Finding['row'] = {
  proof: 'permanent',
  kind: 'statement',
  invalidates: 'nothing',
  source: 'an ordinary error, not a failure of the connection',
};

const clientSide: Finding['row'] = {
  proof: 'permanent',
  kind: 'client-side',
  invalidates: 'nothing',
  source: 'an error on this side, while mysql2 read a row (in your `typeCast`, say) or the file for LOAD DATA LOCAL',
};

/** A failure that this side declares, with no error of a driver behind it. */
export function failureOf(row: Omit<ErrorRow, 'errno' | 'code' | 'text' | 'when'>, evidence: Evidence): Failure {
  return toFailure({ row, facts: factsOf(undefined, evidence) }, evidence);
}

function toFailure({ row, facts }: Finding, evidence: Evidence | undefined): Failure {
  return Object.freeze({
    kind: row.kind,
    outcome: outcomeOf(row.proof, evidence, facts),
    transient: row.proof !== 'permanent',
    invalidates: row.invalidates,
    endsTransaction: row.proof === 'transaction-rolled-back' || row.invalidates !== 'nothing',
    stillRunning: evidence?.abandoned === true || row.kind === 'attempt-timeout' || endsWaitOnly(row),
    code: shownCode(facts.code),
    errno: facts.errno,
    reason: reasonOf(row, evidence),
  });
}

/** This side has stopped waiting, and the server does not know. */
function endsWaitOnly({ kind, proof }: Finding['row']): boolean {
  return kind === 'limit' && proof === 'unknown';
}

function reasonOf({ proof, kind, source }: Finding['row'], evidence: Evidence | undefined): string {
  if (evidence === undefined) return source;
  if (kind === 'client-side') return `${source}; the server executes the statement all the same`;
  if (proof === 'permanent' && evidence.progress === 'written' && evidence.commits) {
    return 'the server answered COMMIT with an error that does not say what became of it';
  }
  return `${source}; ${describeEvidence(evidence)}`;
}

/** Codes go into messages and events; what is no code may be anything, a parameter for example. */
function shownCode(code: string | undefined): string | undefined {
  return code !== undefined && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}

function outcomeOf(proof: Proof, evidence: Evidence | undefined, { several }: ErrorFacts): Outcome {
  switch (proof) {
    case 'permanent':
      if (evidence === undefined) return 'failed';
      if (evidence.progress !== 'written') return evidence.isPart === true ? 'failed' : 'not-executed';
      return evidence.commits || (evidence.clientSide === 'in-write' && !evidence.rollsBack) ? 'unknown' : 'failed';
    case 'not-executed':
      return isPartOnly(evidence, several) ? 'failed' : 'not-executed';
    case 'statement-rolled-back':
    case 'transaction-rolled-back':
      return isPartOnly(evidence, several) ? 'failed' : 'rolled-back';
    case 'unknown':
      if (evidence === undefined) return 'unknown';
      // A lost connection undoes an open transaction, whether or not its last statement was sent.
      if (evidence.rollsBack) return 'rolled-back';
      if (evidence.progress === 'written') return 'unknown';
      return evidence.isPart === true ? 'failed' : 'not-executed';
    default:
      return proof satisfies never;
  }
}

/** The server answered for the statement that failed; what had run before it in the same request, or transaction, may have been committed. */
function isPartOnly(evidence: Evidence | undefined, several: boolean): boolean {
  if (evidence === undefined) return several;
  return evidence.isPart === true || (evidence.progress === 'written' && !evidence.atomic);
}

function describeEvidence(evidence: Evidence): string {
  if (evidence.rollsBack) return 'the connection was lost in a transaction that had not been committed';
  switch (evidence.progress) {
    case 'not-acquired':
      return 'there was no connection to send it on';
    case 'not-written':
      return 'no byte of it was written';
    case 'write-refused':
      return 'the kernel refused the write that carried it';
    case 'cut-short':
      return 'the end of it never left this process';
    case 'preparing':
      return 'only what precedes it was in flight';
    case 'prepared':
      return 'only its text was sent, to be prepared, which executes nothing';
    case 'written':
      return evidence.abandoned ? 'it was sent, and this side stopped waiting' : 'it was sent, and no full answer came';
    default:
      return evidence.progress satisfies never;
  }
}
