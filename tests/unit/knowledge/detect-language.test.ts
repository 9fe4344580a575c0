import { describe, expect, test } from "vitest";
import { detectLanguage } from "../../../shared/knowledge/detect-language.ts";

const texts: Record<string, string> = {
  english:
    "Every employee may take thirty days off with pay in a calendar year, and the days that are not taken lapse at the end of March.",
  german:
    "Jeder Mitarbeiter hat Anspruch auf dreißig Tage Urlaub im Jahr, und die Tage, die nicht genommen werden, verfallen am Ende des März.",
  french:
    "Chaque salarié a droit à trente jours de congé par an, et les jours qui ne sont pas pris sont perdus à la fin du mois de mars dans tous les cas.",
  spanish:
    "Cada empleado tiene derecho a treinta días de vacaciones al año, y los días que no se toman se pierden al final del mes de marzo por regla general.",
  italian:
    "Ogni dipendente ha diritto a trenta giorni di ferie all'anno, e i giorni che non sono stati presi si perdono alla fine del mese di marzo.",
  portuguese:
    "Cada empregado tem direito a trinta dias de férias por ano, e os dias que não são gozados perdem-se no fim do mês de março em todos os casos.",
  dutch:
    "Elke werknemer heeft recht op dertig dagen vakantie per jaar, en de dagen die niet worden opgenomen vervallen aan het einde van de maand maart.",
  swedish:
    "Varje anställd har rätt till trettio dagars semester om året, och de dagar som inte har tagits ut förfaller i slutet av mars för alla.",
  danish:
    "Hver medarbejder har ret til tredive dages ferie om året, og de dage, der ikke er taget, bortfalder ved udgangen af marts, som det altid har været.",
  finnish:
    "Jokaisella työntekijällä on oikeus kolmenkymmenen päivän lomaan, ja jos se ei ole mahdollista, niin päivät ovat menetettyjä, kun maaliskuu on ohi ja vuosi on uusi.",
  russian:
    "Каждый сотрудник имеет право на тридцать дней отпуска в год, и все дни, которые он не использовал, сгорают в конце марта, как и было сказано.",
  greek: "Κάθε εργαζόμενος δικαιούται τριάντα ημέρες άδειας.",
  arabic: "يحق لكل موظف الحصول على ثلاثين يوما من الإجازة.",
  hindi: "प्रत्येक कर्मचारी को तीस दिन की छुट्टी का अधिकार है।",
};

describe("detectLanguage", () => {
  test.each(Object.entries(texts))("knows %s", (language, text) => {
    expect(detectLanguage(text)).toBe(language);
  });

  test("takes a text that is too short to tell for English", () => {
    expect(detectLanguage("Holiday homes")).toBe("english");
    expect(detectLanguage("")).toBe("english");
    expect(detectLanguage("1 2 3 4 5".repeat(100))).toBe("english");
  });

  test("knows English where it is a list of things", () => {
    expect(detectLanguage(`Each apartment has a kitchen, a bath, a bedroom, a closet and a balcony.
      Furnish a bed, a desk, a chair and a lamp per room. Provide a smoke detector.`))
      .toBe("english");
  });

  test("leaves the words of a language that it does not know as they are", () => {
    expect(detectLanguage(`Każdy pracownik ma prawo do trzydziestu dni urlopu w roku, a dni
      niewykorzystane przepadają z końcem marca, chyba że strony umówiły się inaczej na piśmie.`))
      .toBe("simple");
    expect(detectLanguage("每位员工每年有三十天的假期")).toBe("simple");
  });

  test("goes by the running text, not by the names in it", () => {
    expect(detectLanguage(`${texts.english} Die Zeit, Der Spiegel und das Handelsblatt.`))
      .toBe("english");
  });

  test("reads the beginning of a long text only", () => {
    const before = performance.now();
    detectLanguage(texts.german!.repeat(50_000));
    expect(performance.now() - before).toBeLessThan(200);
  });
});
