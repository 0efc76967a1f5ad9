/** Everything but strings, quoted names and block comments, in which a semicolon is a character like any other. */
const piece = /--(?=\s|$)[^\n]*|#[^\n]*|;|[^'"`#;/-]+|\/(?!\*)|-/y;

const comment = /^(?:--(?=\s|$)|#|\/\*(?![!M]))/;

/**
 * The statements of a script, without their semicolons. As `prisma migrate` and `mysqldump` write scripts: no DELIMITER, no procedures with
 * a body of several statements, and backslashes in strings escape. Takes linear time.
 * Source: MySQL manual, "String Literals", "Schema Object Names", "Comments".
 *
 * @throws SyntaxError when a string, a name or a comment does not end
 */
export function splitScript(script: string): readonly string[] {
  const statements: string[] = [];
  let [start, isEmpty] = [0, true];
  const finish = (end: number) => {
    if (!isEmpty) statements.push(script.slice(start, end).trim());
    isEmpty = true;
  };
  for (let at = 0; at < script.length; ) {
    const end = endOfPiece(script, at);
    if (end === undefined) {
      throw new SyntaxError(`Expected a script of complete statements; it is cut off at character ${at}`);
    }
    const text = script.slice(at, end);
    if (text === ';') {
      finish(at);
      start = end;
    } else if (!comment.test(text) && text.trim() !== '') {
      isEmpty = false;
    }
    at = end;
  }
  finish(script.length);
  return statements;
}

function endOfPiece(script: string, start: number): number | undefined {
  if (`'"\``.includes(script.charAt(start))) return endOfQuoted(script, start);
  if (script.startsWith('/*', start)) {
    const close = script.indexOf('*/', start + 2);
    return close === -1 ? undefined : close + 2;
  }
  piece.lastIndex = start;
  return piece.test(script) ? piece.lastIndex : undefined;
}

/** By hand: a pattern for this tries every way to cut a string that does not end. A doubled quote begins another string, which is the same here. */
function endOfQuoted(script: string, start: number): number | undefined {
  const quote = script.charAt(start);
  for (let at = start + 1; at < script.length; at += 1) {
    const character = script.charAt(at);
    if (character === quote) return at + 1;
    if (character === '\\' && quote !== '`') at += 1;
  }
  return undefined;
}
