/** Counts the errors that come to nobody. Each would have ended the process of an application, and must not end an hour of measuring. */
export class StrayErrors {
  count = 0;

  constructor() {
    const see = () => {
      this.count += 1;
    };
    for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, see);
  }

  forget(): void {
    this.count = 0;
  }
}
