/** Whether tests that can go on for long do: `CANDY_SOAK=1`. */
export const soaking: boolean = process.env.CANDY_SOAK === '1'
