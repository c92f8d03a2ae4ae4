"""The words by which an attribute's broad category is told, in the languages that are common here.

``stem-`` stands for every word that begins so, ``word`` for itself, ``two_words`` for a phrase;
accents are left out. Words of scripts without spaces are found anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "work": (
        "work works worked working job jobs career- employ- profession- boss colleague- coworker- "
        "manager manages supervis- promoted promotion shift shifts business startup company office "
        "freelanc- self-employed nurse nurses engineer engineers software_engineer lawyer- accountant- teacher- doctor "
        "driver- chef carpenter- electrician- salary- unemployed retired consultant- salesperson "
        "arbeit- beruf- chef kolleg- firma unternehm- team leitet lehrer- pfleger- krankenpfleg- "
        "ingenieur- anwalt anwaltin selbststandig- angestellt- versicherung rentner- "
        "travail- emploi metier entreprise infirmi- avocat- collegue- patron enseignant- retraite- "
        "trabaj- trabalh- empleo empresa jef- enfermer- abogad- advogad- profesor- electricista "
        "ingenier- engenheir- emprego cuenta_propia autonom- jubilad- "
        "lavor- impiegat- azienda infermier- avvocat- insegnante collegh- "
        "werkt werk baan bedrijf verpleeg- leraar chauffeur- collega- "
        "pracuje praca firma nauczyciel- pielegniark- kierowc- "
        "работает работа врач учитель медсестр- инженер- начальник- коллег- "
        "工作 职业 护士 老师 医生 工程师 公司 仕事 会社 働 看護師 教師 직장 회사 간호사 일하"
    ),
    "education": (
        "student- study studies studying university college school homework exam- course courses "
        "degree thesis dissertation phd master's bachelor- class classes semester lecture- graduate- "
        "studier- student- schule uni universitat abitur semester prufung- studium hausarbeit "
        "ausbildung kurs diplom- promotion etudiant- etudie universite ecole lycee cours memoire "
        "examen- estudi- universidad escuela colegio asignatura- carrera tesis curso "
        "estud- faculdade universidade escola studia studente studentessa universita scuola esame "
        "studeert universiteit opleiding tentamen studiuje uniwersytet- szkol- "
        "учится студент- университет- школ- экзамен- 学生 大学 考试 学校 学习 試験 학생 대학 시험"
    ),
    "family_relationships": (
        "family mother mother-in-law father father-in-law mom mum dad parent parents sister- brother- "
        "son sons daughter- child children kid kids baby toddler twin twins wife husband spouse "
        "partner girlfriend boyfriend married marriage wedding divorc- engaged single grandmother "
        "grandfather grandchild- grandparent- aunt uncle cousin- niece nephew friend friends dating "
        "familie mutter vater eltern schwester- bruder sohn tochter kind kinder ehefrau ehemann "
        "schwiegermutter schwiegervater verheiratet geschieden scheidung hochzeit partnerin freundin "
        "grosseltern oma opa enkel- famille mere pere soeur- frere- fils fille enfant- mari marie "
        "mariee epouse divorc- beau-pere belle-mere famili- madre padre herman- hijo hijos hija hijas "
        "espos- pareja casad- novi- abuel- niet- mae pai filho- filha- irma irmao marido avo "
        "famiglia figli- fratell- sorell- moglie marito sposat- fidanzat- nonn- "
        "gezin moeder vader zus broer zoon dochter getrouwd kleinkind- "
        "rodzin- matka ojciec siostr- brat syn corka zona maz dzieck- dzieci "
        "семь- мать отец сестр- брат сын дочь муж жена ребенок дети внук- внуч- женат замужем "
        "家庭 妈妈 爸爸 孩子 女儿 儿子 妻子 丈夫 家族 娘 息子 妻 夫 母 父 兄 妹 가족 딸 아들 남편 아내"
    ),
    "health": (
        "health healthy ill illness disease- sick chronic pain- diabet- asthma- allerg- migraine- "
        "headache- cancer depress- anxiety adhd autis- therap- doctor's medication- medicine- pill- "
        "surgery hospital insomnia sleep sleeping injur- blood pregnan- disab- symptom- diagnos- "
        "vaccin- lose_weight weight back_pain knee dyslexi- "
        "gesund- krank krankheit- schmerz- allergi- asthma migrane medikament- operation knieoperation "
        "schlaf- schwanger- behindert- diagnos- verletz- sante maladie- malade douleur- medicament- "
        "sommeil enceinte blessur- salud enferm enfermedad- dolor- alergi- diabet- insomnio embarazad- "
        "saude doenc- dor dores insonia alergic- remedio- sofre salute malattia malat- dolor- in_cura "
        "pressione_alta allergic- gezondheid ziek- pijn slaapt zwanger zdrowi- chor- bol- "
        "здоров- болезн- болит астм- аллерги- диабет- бессонниц- диагноз- лекарств- "
        "健康 病 过敏 失眠 糖尿病 头痛 アレルギー 病気 不眠 喘息 건강 알레르기 불면"
    ),
    "food": (
        "food foods cook cooks cooking cooked bake bakes baking recipe- eat eats eating meal- dish "
        "dishes vegan vegetarian- diet breakfast lunch dinner coffee tea beer wine alcohol spicy "
        "curry curries meat fish cheese bread chocolate gluten- lactose restaurant- cuisine snack- "
        "essen isst kocht kochen backt backen brot rezept- vegan- vegetarisch fleisch kaffee tee "
        "trinkt alkohol fruhstuck mange manger cuisine cuisin- boit cafe cafes vin viande pain "
        "vegetal- vegetarien- recette- come comer comida cocin- vegan- vegetarian- carne cafe vino "
        "receta- desayun- cozinh- almoc- jantar cerveja cucina cucinare mangia vino ricett- "
        "eet kookt koken eten vlees koffie wijn je gotuje kuchni- mieso kawa herbat- "
        "ест готовит еда мясо кофе чай вегетариан- 吃 喝 茶 咖啡 素食 火锅 料理 食べ 飲 コーヒー 먹 요리 커피"
    ),
    "home_daily_life": (
        "home house apartment flat room rooms roommate- housemate- garden- renovat- kitchen furniture "
        "chores cleaning cleans laundry morning mornings routine wakes gets_up early_riser moving "
        "landlord rents tenant neighbour- neighbor- household commute- "
        "wohnung haus zimmer garten kuche mobel mitbewohner- wg putzt umzug zieht aufsteht morgens "
        "haushalt nachbar- vermieter- maison appartement chambre jardin menage leve loyer coloc- "
        "casa piso jardin limpia vecin- hogar levanta alquil- apartamento faxina mora_sozinho "
        "giardino appartamento coinquilin- pulizie sveglia huis tuin huisgeno- schoonmaak- "
        "dom mieszkani- ogrod sprzata дом квартир- сад убира- 公寓 房子 早起 家事 部屋 庭 집 아파트"
    ),
    "money": (
        "money budget- save_money saving savings saves debt- loan- mortgage- rent_payments invest- "
        "stocks pension taxes tax income bank_account credit down_payment financ- afford- expens- "
        "salary geld spart sparen schulden kredit- hypothek- rente steuer- investier- einkommen budget "
        "argent epargn- dette- credit bourse invest- impot- hypotheque dinero ahorr- deuda- hipoteca "
        "impuesto- invier- prestamo- dinheiro poupa- divida- cartao imposto- invest- soldi risparmi- "
        "mutuo debit- tasse geld spaart schuld- hypotheek belasting- pieniadz- oszczedza- kredyt- "
        "деньг- кредит- долг- ипотек- копит 钱 存款 贷款 投资 预算 お金 貯金 借金 ローン 돈 저축 대출"
    ),
    "travel_places": (
        "travel- trip trips holiday- vacation- tourist- flight- flying visit visits visiting visited "
        "lives_in living_in grew_up moved_to based_in town city village country coast abroad camping "
        "backpack- hotel- airport from_a national_parks "
        "reise- reist urlaub- wohnt_in lebt_in stadt dorf ausland kuste flug "
        "voyag- vacances habite ville village pays_ viaj- vive_en vacaciones visitar ciudad pueblo "
        "pais mora_em cidade ferias vacanz- viagg- vive_a citta paese woont reist vakantie stad dorp "
        "mieszka_w podroz- miasto wakacj- живет путешеств- город деревн- отпуск "
        "旅行 旅游 住在 城市 出差 住んで 旅 観光 여행 살고"
    ),
    "hobbies_sports": (
        "hobby hobbies sport- running runs runner jog- marathon gym workout- yoga swim- cycl- hik- "
        "climb- football soccer tennis basketball golf ski skis skiing dance- dancing chess game games "
        "gaming gamer video_game board_game- collects collecting stamps fishing knit- sew- woodwork- "
        "gardening team_sport training_for crochet- "
        "hobby laufen lauft joggt fussball verein schwimm- radfahr- wander- klettert kletter- schach "
        "spielt sammelt tanz- strickt angeln joue jeu jeux course randonn- natation echecs football "
        "tennis collectionne juega juego- futbol correr nadar senderismo ajedrez colecciona- baila- "
        "joga jogo futebol corrida corre nada gioca calcio scacchi nuota camminat- corsa "
        "wandel- voetbal- schaak- zwem- fietst hardlop- gra w_szachy biega plywa wedkar- "
        "бега- плава- шахмат- футбол- рыбал- вяжет 跑步 足球 游泳 象棋 运动 爱好 钓鱼 "
        "釣り 走 サッカー 趣味 登山 将棋 취미 축구 등산 낚시"
    ),
    "arts_media": (
        "music- song- sings singing guitar piano violin cello drum- band orchestra choir jazz album- "
        "film films movie- cinema series tv show shows podcast- book books novel- reads reading "
        "rereading poem- poetry paint- draw draws drawing photograph- art artist- theatre theater "
        "museum- anime manga writer writes_fiction comics "
        "musik- gitarre klavier geige chor film filme kino serie serien buch bucher roman- liest "
        "gedicht- malt zeichnet fotograf- kunst- theater krimi- musique- guitare chante livre- lit "
        "roman- peint dessin- cinema photograph- musica- guitarra canta pelicula- libro- lee novela- "
        "pinta dibuja escucha fotograf- livro- filme- pinta toca violao legge libri dipinge suona "
        "muziek gitaar boek- leest schildert gitar- muzyk- ksiazk- czyta maluje "
        "музык- гитар- книг- читает кино рису- 音乐 电影 书 吉他 画 读 音楽 映画 読 本 絵 ギター 음악 영화 책"
    ),
    "technology": (
        "python javascript typescript java rust golang c++ sql bash linux windows mac macbook iphone "
        "android programm- coding code codes coder software- computer- laptop- app apps server- "
        "database- website- web_developer github docker- kubernetes raspberry machine_learning ai "
        "chatgpt smartphone- phone api excel spreadsheet- script- data_scien- "
        "programmier- skript- rechner handy android-handy webseite informatik- entwickelt "
        "ordinateur coder programme informatique telephone logiciel- ordenador programa desarrolla "
        "aplicaci- movil informatic- computador celular programador- aplicativo- telefono programma "
        "programmeert computer website komputer programuje telefon "
        "программир- компьютер- телефон- 编程 电脑 手机 软件 代码 プログラ パソコン スマホ 프로그래밍 컴퓨터 코딩"
    ),
    "beliefs_values": (
        "believes belief- religio- christian catholic muslim islam jewish buddhis- hindu atheis- "
        "agnostic church mosque pray- god politic- vote- voted liberal conservative socialis- feminis- "
        "activis- climate environment- animal_rights ethic- moral- values sustainab- honesty justice "
        "protest- volunteer- thinks_that union pacifis- "
        "glaub- katholisch evangelisch muslim- kirche politi- partei wahlt umwelt- klima- ehrlichkeit "
        "tierschutz ehrenamt- werte nachhaltig- gerechtigkeit croyant- catholique musulman- athee- "
        "eglise politique vote ecolog- cree catolic- musulman- ate- iglesia politic- voto vota "
        "elecciones medio_ambiente valores acredita igreja credente cattolic- chiesa "
        "gelooft katholiek kerk stemt milieu- wierzy katolik- koscio- "
        "верит- православ- мусульман- атеист- церк- политик- 信仰 佛教 基督教 政治 环保 宗教 信じ 정치 종교 불교 기독교"
    ),
    "language_culture": (
        "speaks native_speaker language languages bilingual multilingual mother_tongue fluent accent "
        "immigrant- heritage tradition- culture- cultural celebrates learning_japanese learning_spanish "
        "learning_french learning_german learning_english english_is esl "
        "spricht muttersprach- sprache- zweisprachig deutschlernen lernt_deutsch italienisch englisch "
        "franzosisch spanisch parle langue- bilingue- anglais espagnol culture- tradition- fete "
        "habla idioma- lengua bilingue- celebra tradici- ingles frances fala lingua- idioma "
        "parla lingue madrelingua tradizion- spreekt taal talen moedertaal tweetalig "
        "mowi jezyk- говорит_на язык- 母语 语言 双语 说英语 中文 母国語 言語 日本語 英語 모국어 언어 한국어 영어"
    ),
    "personality": (
        "introver- extrover- shy outgoing curious patient impatient perfectionis- anxious_person "
        "procrastinat- organized organised disorganized optimis- pessimis- creative ambitious "
        "stubborn sensitive humor humour humorous sarcastic confident insecure empath- easily "
        "self-critical independent detail-oriented tends_to personality temper lazy "
        "schuchtern geduldig ungeduldig reizbar neugierig ordentlich ehrgeizig perfektionist- "
        "selbstbewusst introvertiert- extrovertiert- timide curieu- patient- impatient- organise- "
        "perfectionniste timid- curios- pacient- impacient- perfeccionist- organizad- introvertid- "
        "extrovertid- perezos- ansios- perfecionist- organizzat- timido curios- pazient- pigr- "
        "verlegen nieuwsgierig geduldig perfectionist- niesmial- ciekaw- cierpliw- "
        "застенчив- любопытн- терпелив- интроверт- 内向 外向 好奇 耐心 完美主义 性格 内気 几帳面 성격 내향"
    ),
    "answer_preferences": (
        "answer- response responses explanation- explained step-by-step bullet_point- concise "
        "prefers_short plain_language tone formatting replies examples_in emoji- be_addressed "
        "assistant detailed_answers sources_cited "
        "antwort- stichpunkt- erklarung- geduzt gesiezt reponse- explication- ton_formel puces "
        "respuesta- explicaci- resposta- explicac- rispost- spiegazion- antwoord- uitleg odpowiedz- "
        "ответ- объяснени- 回答 解释 答案 简短 回答 説明 敬語 답변 설명"
    ),
    "possessions_pets": (
        "dog dogs cat cats pet pets puppy kitten hamster- rabbit- horse- parrot- aquarium car cars "
        "motorbike motorcycle bicycle bike drives vehicle hatchback boat "
        "hund hunde katze katzen haustier- kaninchen pferd auto fahrrad motorrad wellensittich- besitzt "
        "chien- chat chats voiture velo animal_de_compagnie perro- gato- gata- mascota- coche bicicleta "
        "moto cachorro- carro cane cani gatto gatti macchina pappagall- bici hond honden kat katten "
        "fiets pies kot samochod rower "
        "собак- кошк- кот машин- велосипед- 狗 猫 宠物 汽车 犬 ペット 車 自転車 고양이 강아지 자동차"
    ),
}  # fmt: skip
STRONG: frozenset[str] = frozenset(("answer_preferences", "language_culture", "health"))
"""Where two categories have as many words, these go first: their words are seldom by the way."""
