/** Pieces of SQL, apart by two spaces or a line's end; ⏎ is a line feed. */
function pieces(text: string): [string, ...string[]] {
  const [first = '', ...rest] = text
    .trim()
    .split(/ {2,}|\n\s*/)
    .map((piece) => piece.replaceAll('⏎', '\n'));
  return [first, ...rest];
}

/** Expressions that change something, or tell what an earlier statement of the session did. */
export const HAZARDS = pieces(`
  f()  f ()  ${'`f`()'}  "f"()  f/**/()  f -- x⏎()  app.f()  app . f ()  g(1)  g((select 1))  benchmark(1, f())  {fn f()}  (select f())  exists(select g(a) from t)
  of(1)  lateral(1)  columns(1)  against(1)  escape(1)  json_table('$')  linestring(1)  md5(1)  uuid_to_bin(1)  regexp_like(1)
  count (1)  now ()  now/**/()  substring (1)  app.count(1)
  nextval(s)  next value for s  next/**/value for ${'`s`'}  next value for ordinality  setval(s, 100)  lastval(s)
  s.nextval  s.${'`nextval`'}  s."nextval"  ${'`s`'} . NextVal  s.currval  previous value for s  (select default(b) from d limit 1)
  @x  @${'`x`'}  @'x'  @x := 5  @@last_insert_id  @@session.identity  @@session . last_insert_id  @@local/**/.identity  @@warning_count  current_role
  last_insert_id()  last_insert_id(77)  row_count()  found_rows()  uuid_short()  sql%rowcount  any_value(1)  nvl(1)  bin_to_uuid(1)
  get_lock('free', 0)  get_lock('held', 0)  release_lock('held')  release_all_locks()
  (select variable_value from information_schema.session_variables where variable_name = 0x6c6f6e675f71756572795f74696d65)
  (select variable_value from performance_schema.session_variables where variable_name = 0x6c6f6e675f71756572795f74696d65)
`);

/** Ends of a SELECT; some do no harm. */
export const TAILS = pieces(`
  for update  FOR UPDATE  for/**/update  for -- x⏎update  for update nowait  for update skip locked  for update of t  for share  for share skip locked
  lock in share mode  LOCK/**/IN SHARE MODE  limit 1 into @x  limit 1 into @x, @a, @b  procedure analyse()  limit 1 procedure analyse(1, 2)
  /*! for update */  /*!50000 for update */  /*M! for update */  /*M!100000 for update */  /*+ set_var(x) */
  union select f()  having f()  order by g(a)  group by g(a)  limit rows examined 1000  for system_time all
  ; insert into effects values (1)  ; delete from t  ;set @x = 5  ; select get_lock('free', 0)  ; do f()  ; /*! do f() */  ;  ;;  ; -- x
`);

/** Whole statements. */
export const STATEMENTS = pieces(`
  with c as (select 1) update t set a = a + 1  with c as (select 1) delete from t  with c as (select 1) update (select 1) as e, t set a = 9
  explain select f()  analyze select f()  explain analyze select f()  analyze format=json select f()  do f()  values (f())  values row(f())
  table t  table t for update  describe t  desc t a  show warnings  show errors  show count(*) warnings  show tables  show tables where f()
  show columns from t where g(1)  show session variables like 'long%'  show variables like 'long%'  show index from t  show create table t
  handler t open  set @x = 5  call p()  execute immediate 'do f()'  insert into effects values (1)
`);

/** Statements to be mutated, cut into tokens at the spaces. */
export const ORIGINALS = pieces(`
  select t . a , count(*) , 'x' from t where b = 'y' group by t . a having count(*) > 0 order by t . a limit 5
  select ${'`t` . `id`'} , coalesce( a , "z" ) as c from app . t as t left join d on d . a = t . id where ( a = 1 or a is null )
  with c ( n ) as ( select 1 ) select c . n , concat( 'a' , "b" ) from c , t where t . id in ( 1 , 2 ) order by 1 , 2
  ( select id from t ) union all ( select a from d ) order by 1 limit 3
  select substring( 'abc' from 1 for 2 ) , extract( year from '2020-01-01' ) , cast( a as char( 3 ) ) , row_number() over ( partition by a order by id ) from t
  select * from v for system_time all order by 1 , 2
  select a from t use index for order by ( primary ) where exists ( select 1 from d where d . a = t . a )
  explain select a from t where id = 1
  show tables like 't%'
`).map((statement) => statement.split(' '));

export const NAMES = pieces(
  'a  t.a  `a`  app.t.a  `t` . `b`  b  id  "a"  t.`id`  @@version  @@global.server_id  @@SESSION.sql_mode  current_user  database()',
);
export const NUMBERS = pieces('1  0  -1  1.5  .5  1.  1e1  0x41  0b1  null  true');
export const TEXTS = pieces(
  String.raw`'x'  "x"  ''  ""  'it''s'  '\''  '\\'  "\""  '"'  "'"  '${'`'}'  '#'  '-- '  '/*'  '*/'  ';'  N'x'  _utf8mb4'é'  x'41'`,
);
export const PURE = pieces(
  'coalesce  concat  if  ifnull  greatest  lower  json_array  count  max  left  abs  char  now  quote  insert  replace  any_value  nvl  bin_to_uuid',
);
export const TABLES = pieces(
  't  app.t  `t`  (select 1 as a, 2 as b, 3 as id) as t  t use index for join (primary)  v as t  t join d as e on t.id = e.a',
);
export const BEGINNINGS = pieces(
  'select  SELECT  select distinct  select all  select sql_no_cache  with c (x) as (select 1) select  with f(x) as (select 1) select',
);
export const ODD_BLANKS = ['', '\u00a0', '\t', '\v', '\f', '\r\n', '-- x\n', '--\n', '#\n', '# for update\n'].concat(
  pieces(`⏎  /**/  /* ; */  /*'*/  /*"*/  /*+ a */  /*!*/`),
);
export const QUOTE_TRICKS = [`'`, '"', '`', '-- ', '\n'].concat(
  pieces(String.raw`\  \'  \"  ''  ""  'a\'  "a\"  --  #  /*  */  /*!  ;  (  )  ,  as x  .`),
);

/**
 * One text, two readings: what one sql_mode or one lexer takes for a string or a comment is code (¤) for another, and the whole is valid SQL
 * for that one.
 */
export const POLYGLOTS = pieces(String.raw`
  select 'a\', ¤, ' as b, ' as c -- '
  select "a\", ¤, " as b, " as c -- "
  select 'a\' from t ¤ -- ' from t
  select 1 as "a\", ¤ as " as b, " -- "
  select 1 as "a\" from t ¤ -- " from t
  select '\'' as "\" , ¤ as " -- '-- "
  select '\'' as "\" from t ¤ -- '-- "
  select 1 /*! , ¤ */
  select 1 /*M! , ¤ */
  select 1 /*!99999 , ¤ */
  select 1 --, 2⏎, ¤
  select 1 -- '⏎, ¤ -- '
  select 1 --1, ¤
  select 1 /* ' */ , ¤ /* ' */
  select 1 /*/ */ , ¤ /* */
  select 2 */**/ 3 , ¤
  select 1.¤
  select 1e1¤
  select 'a''', ¤, ''''
  select 1 as ${'`a```, ¤ as ```b`'}
`);
