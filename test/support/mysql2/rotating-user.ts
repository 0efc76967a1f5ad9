import type { Credentials } from '../../../adapters/mysql2/index.ts';
import type { Stage } from '../stage.ts';

/** A user of the stage's server whose password changes. */
export class RotatingUser {
  readonly #stage: Stage;
  readonly name: string;
  /** What the server takes now. */
  password = 'SECRET-first';
  /** How often somebody has asked for it. */
  asked = 0;
  #rotations = 0;

  constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.name = name;
  }

  /** Also what a function for `credentials` gives. */
  readonly credentials = (): Credentials => {
    this.asked += 1;
    return { user: this.name, password: this.password };
  };

  /** @param grants for all databases */
  async create(grants = 'ALL'): Promise<void> {
    await this.#stage.server.admin(`DROP USER IF EXISTS '${this.name}'@'%'`);
    await this.#stage.server.admin(`CREATE USER '${this.name}'@'%' IDENTIFIED BY '${this.password}'`);
    await this.#stage.server.admin(`GRANT ${grants} ON *.* TO '${this.name}'@'%'`);
    this.#stage.after(() => this.#stage.server.admin(`DROP USER IF EXISTS '${this.name}'@'%'`));
  }

  /** Connections that have logged in stay. */
  async rotate(): Promise<void> {
    this.#rotations += 1;
    this.password = `SECRET-${this.#rotations}`;
    await this.#stage.server.admin(`ALTER USER '${this.name}'@'%' IDENTIFIED BY '${this.password}'`);
  }

  /** Ends all of its connections. */
  async kill(): Promise<void> {
    for (const id of await this.#stage.server.threads(this.name)) await this.#stage.server.killThread(id);
  }
}
