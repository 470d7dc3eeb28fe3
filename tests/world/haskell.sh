#!/bin/bash
# ghc compiles a program with parallel sparks and foreign memory, which then runs on several threads.
# packages: ghc gcc
# programs: ghc
# served: ghc world
# seconds: 240
. "$(dirname "$0")/lib.sh"
cat >World.hs <<'HS'
module Main where
import qualified Data.Map.Strict as Map
import Control.Concurrent
import Control.Monad
import Foreign
import Data.List (foldl', sort)
import System.Exit

churn :: Int -> IO Int
churn seed = do
    kept <- forM [1 .. 4000] $ \n -> do
        let size = (n * 7919 + seed) `mod` 3000 + 8
        p <- mallocBytes size :: IO (Ptr Word8)
        poke p (fromIntegral n)
        q <- if n `mod` 3 == 0 then reallocBytes p (size * 2) else return p
        if n `mod` 2 == 0 then free q >> return 0 else do { v <- peek q; free q; return (fromIntegral v + size) }
    fp <- mallocForeignPtrBytes 5000 :: IO (ForeignPtr Word8)
    withForeignPtr fp $ \p -> poke p 9
    return $! sum kept

main :: IO ()
main = do
    results <- forM [1 .. 8] $ \n -> do { v <- newEmptyMVar; _ <- forkOS (churn n >>= putMVar v); return v }
    mapM takeMVar results >>= print
    let m = foldl' (\a n -> Map.insertWith (++) (n * 31 `mod` 997) [n] a) Map.empty [1 .. 60000 :: Int]
    print (Map.size m, sum (map length (Map.elems m)))
    print (sum (take 500 (reverse (sort [n * 7919 `mod` 10007 | n <- [1 .. 100000 :: Int]]))))
    print (length (show (product [1 .. 3000 :: Integer])))
    exitWith (ExitFailure 3)
HS
ghc -v0 -O1 -threaded -rtsopts World.hs -o world || exit
./world +RTS -N4 -A256k
echo "it ended with $?"
./world +RTS -N1 -c
echo "it ended with $?"
