import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Link, LinkedList } from '../../../../../adapters/mysql2/wait/linked-list.ts';

class Named extends Link {
  readonly name: number;

  constructor(name: number) {
    super();
    this.name = name;
  }
}

const namesOf = (list: LinkedList<Named>) => Array.from(list, ({ name }) => name);

describe('a linked list', () => {
  it('holds what a list holds to which the same was done', () => {
    const step = fc.record({ adds: fc.boolean(), name: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const members = Array.from({ length: 6 }, (_, name) => new Named(name));
        const list = new LinkedList<Named>();
        let model: number[] = [];
        for (const { adds, name } of steps) {
          const member = members[name] as Named;
          if (adds) {
            list.push(member);
            if (!model.includes(name)) model.push(name);
          } else {
            expect(list.remove(member)).toBe(model.includes(name));
            model = model.filter((other) => other !== name);
          }
          expect(namesOf(list)).toEqual(model);
          expect([list.size, list.first?.name]).toEqual([model.length, model[0]]);
        }
      }),
    );
  });

  it('goes on behind a member that leaves while it is looked at', () => {
    const list = new LinkedList<Named>();
    for (const name of [1, 2, 3]) list.push(new Named(name));
    const seen: number[] = [];
    for (const member of list) {
      seen.push(member.name);
      list.remove(member);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(list.size).toBe(0);
  });
});
