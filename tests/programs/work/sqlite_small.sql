-- A small workload for every policy.
create table t (id integer primary key, name text, data blob);
begin;
insert into t select value, 'name ' || (value * 7 % 101), zeroblob(value * 13 % 2000) from generate_series(1, 2000);
commit;
create index t_name on t (name, id);
select name, count(*), sum(length(data)) from t group by name order by 3 desc, 1 limit 10;
update t set data = zeroblob(9000) where id % 50 = 0;
delete from t where id % 3 = 0;
select a.name, count(*) from t a join t b on a.name = b.name and a.id < b.id group by a.name order by 2, 1 limit 5;
with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000) select sum(i) from n;
vacuum;
pragma integrity_check;
