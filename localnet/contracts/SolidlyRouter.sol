// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SolidlyFactory } from "./SolidlyFactory.sol";
import { SolidlyPair } from "./SolidlyPair.sol";

/// @title SolidlyRouter
/// @notice Twin of the router of Ramses V1, with routes of three fields.
/// @dev Reproduces: `pairFor` without a look-up, quotes that are 0 for an unknown pair, the two swaps between tokens with the
/// minimum checked on the quoted amount, adding and removing liquidity and their quotes, the order of the checks, the
/// strings, the empty revert data of a failed token transfer.
/// Leaves out: the upgradeable proxy, native ETH, `permit`, tokens that take a fee on transfer, `UNSAFE_…`, `recoverFunds`.
contract SolidlyRouter {
    // The original's name is part of nothing but the source, but callers know it by this one.
    // solhint-disable-next-line contract-name-capwords
    struct route {
        address from;
        address to;
        bool stable;
    }

    uint256 private constant MINIMUM_LIQUIDITY = 10 ** 3;

    address public immutable factory;
    address public immutable weth;
    bytes32 private immutable _pairCodeHash;

    modifier ensure(uint256 deadline) {
        require(deadline >= block.timestamp, "Router: EXPIRED");
        _;
    }

    constructor(address factory_, address weth_) {
        factory = factory_;
        weth = weth_;
        _pairCodeHash = SolidlyFactory(factory_).pairCodeHash();
    }

    /* SWAP */

    function swapExactTokensForTokensSimple(
        uint256 amountIn,
        uint256 amountOutMin,
        address tokenFrom,
        address tokenTo,
        bool stable,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256[] memory amounts) {
        route[] memory routes = new route[](1);
        routes[0] = route({ from: tokenFrom, to: tokenTo, stable: stable });
        return _swap(amountIn, amountOutMin, routes, to);
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        route[] calldata routes,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256[] memory amounts) {
        return _swap(amountIn, amountOutMin, routes, to);
    }

    /* LIQUIDITY */

    function addLiquidity(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 amountADesired,
        uint256 amountBDesired,
        uint256 amountAMin,
        uint256 amountBMin,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity) {
        require(amountADesired >= amountAMin);
        require(amountBDesired >= amountBMin);
        if (SolidlyFactory(factory).getPair(tokenA, tokenB, stable) == address(0)) {
            SolidlyFactory(factory).createPair(tokenA, tokenB, stable);
        }
        (amountA, amountB) = _atRatio(tokenA, tokenB, stable, amountADesired, amountBDesired, amountAMin, amountBMin);
        address pair = pairFor(tokenA, tokenB, stable);
        _pull(tokenA, pair, amountA);
        _pull(tokenB, pair, amountB);
        liquidity = SolidlyPair(pair).mint(to);
    }

    /// @dev The most of both amounts that keeps the ratio of the reserves.
    function _atRatio(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 amountADesired,
        uint256 amountBDesired,
        uint256 amountAMin,
        uint256 amountBMin
    ) private view returns (uint256 amountA, uint256 amountB) {
        (uint256 reserveA, uint256 reserveB) = getReserves(tokenA, tokenB, stable);
        if (reserveA == 0 && reserveB == 0) {
            (amountA, amountB) = (amountADesired, amountBDesired);
        } else {
            uint256 amountBOptimal = _proportional(amountADesired, reserveA, reserveB);
            if (amountBOptimal <= amountBDesired) {
                require(amountBOptimal >= amountBMin, "Router: INSUFFICIENT_B_AMOUNT");
                (amountA, amountB) = (amountADesired, amountBOptimal);
            } else {
                uint256 amountAOptimal = _proportional(amountBDesired, reserveB, reserveA);
                assert(amountAOptimal <= amountADesired);
                require(amountAOptimal >= amountAMin, "Router: INSUFFICIENT_A_AMOUNT");
                (amountA, amountB) = (amountAOptimal, amountBDesired);
            }
        }
    }

    function removeLiquidity(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 liquidity,
        uint256 amountAMin,
        uint256 amountBMin,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountA, uint256 amountB) {
        address pair = pairFor(tokenA, tokenB, stable);
        require(SolidlyPair(pair).transferFrom(msg.sender, pair, liquidity));
        (uint256 amount0, uint256 amount1) = SolidlyPair(pair).burn(to);
        (address token0, ) = sortTokens(tokenA, tokenB);
        (amountA, amountB) = tokenA == token0 ? (amount0, amount1) : (amount1, amount0);
        require(amountA >= amountAMin, "Router: INSUFFICIENT_A_AMOUNT");
        require(amountB >= amountBMin, "Router: INSUFFICIENT_B_AMOUNT");
    }

    /* VIEWS */

    /// @notice Returns the better quote of the two pairs, 0 where there is none, and whether it is the stable pair's.
    function getAmountOut(
        uint256 amountIn,
        address tokenIn,
        address tokenOut
    ) external view returns (uint256 amount, bool stable) {
        uint256 amountStable = _quote(amountIn, tokenIn, tokenOut, true);
        uint256 amountVolatile = _quote(amountIn, tokenIn, tokenOut, false);
        return amountStable > amountVolatile ? (amountStable, true) : (amountVolatile, false);
    }

    function isPair(address pair) external view returns (bool) {
        return SolidlyFactory(factory).isPair(pair);
    }

    function quoteAddLiquidity(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 amountADesired,
        uint256 amountBDesired
    ) external view returns (uint256 amountA, uint256 amountB, uint256 liquidity) {
        address pair = SolidlyFactory(factory).getPair(tokenA, tokenB, stable);
        uint256 reserveA;
        uint256 reserveB;
        uint256 supply;
        if (pair != address(0)) {
            supply = SolidlyPair(pair).totalSupply();
            (reserveA, reserveB) = getReserves(tokenA, tokenB, stable);
        }
        if (reserveA == 0 && reserveB == 0) {
            return (amountADesired, amountBDesired, Math.sqrt(amountADesired * amountBDesired) - MINIMUM_LIQUIDITY);
        }
        (amountA, amountB) = (amountADesired, _proportional(amountADesired, reserveA, reserveB));
        if (amountB > amountBDesired) {
            (amountA, amountB) = (_proportional(amountBDesired, reserveB, reserveA), amountBDesired);
        }
        liquidity = Math.min((amountA * supply) / reserveA, (amountB * supply) / reserveB);
    }

    function quoteRemoveLiquidity(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 liquidity
    ) external view returns (uint256 amountA, uint256 amountB) {
        address pair = SolidlyFactory(factory).getPair(tokenA, tokenB, stable);
        if (pair == address(0)) return (0, 0);
        (uint256 reserveA, uint256 reserveB) = getReserves(tokenA, tokenB, stable);
        uint256 supply = SolidlyPair(pair).totalSupply();
        return ((liquidity * reserveA) / supply, (liquidity * reserveB) / supply);
    }

    function getReserves(
        address tokenA,
        address tokenB,
        bool stable
    ) public view returns (uint256 reserveA, uint256 reserveB) {
        (address token0, ) = sortTokens(tokenA, tokenB);
        (uint256 reserve0, uint256 reserve1, ) = SolidlyPair(pairFor(tokenA, tokenB, stable)).getReserves();
        (reserveA, reserveB) = tokenA == token0 ? (reserve0, reserve1) : (reserve1, reserve0);
    }

    /// @notice Quotes a chain of routes. An unknown pair quotes 0, and whether one route goes on from where the one before
    /// ended is not checked.
    function getAmountsOut(uint256 amountIn, route[] memory routes) public view returns (uint256[] memory amounts) {
        require(routes.length >= 1, "Router: INVALID_PATH");
        amounts = new uint256[](routes.length + 1);
        amounts[0] = amountIn;
        for (uint256 i = 0; i < routes.length; i++) {
            amounts[i + 1] = _quote(amounts[i], routes[i].from, routes[i].to, routes[i].stable);
        }
    }

    /// @notice Derives the address of a pair, whether it exists or not.
    function pairFor(address tokenA, address tokenB, bool stable) public view returns (address pair) {
        (address token0, address token1) = sortTokens(tokenA, tokenB);
        bytes32 salt = keccak256(abi.encodePacked(token0, token1, stable));
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", factory, salt, _pairCodeHash));
        return address(uint160(uint256(hash)));
    }

    function sortTokens(address tokenA, address tokenB) public pure returns (address token0, address token1) {
        require(tokenA != tokenB, "Router: IDENTICAL_ADDRESSES");
        (token0, token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        require(token0 != address(0), "Router: ZERO_ADDRESS");
    }

    function _swap(
        uint256 amountIn,
        uint256 amountOutMin,
        route[] memory routes,
        address to
    ) private returns (uint256[] memory amounts) {
        amounts = getAmountsOut(amountIn, routes);
        require(amounts[amounts.length - 1] >= amountOutMin, "Router: INSUFFICIENT_OUTPUT_AMOUNT");
        _pull(routes[0].from, pairFor(routes[0].from, routes[0].to, routes[0].stable), amounts[0]);
        for (uint256 i = 0; i < routes.length; i++) {
            (address token0, ) = sortTokens(routes[i].from, routes[i].to);
            uint256 amountOut = amounts[i + 1];
            (uint256 amount0Out, uint256 amount1Out) = routes[i].from == token0
                ? (uint256(0), amountOut)
                : (amountOut, uint256(0));
            address next =
                i < routes.length - 1 ? pairFor(routes[i + 1].from, routes[i + 1].to, routes[i + 1].stable) : to;
            SolidlyPair(pairFor(routes[i].from, routes[i].to, routes[i].stable)).swap(
                amount0Out,
                amount1Out,
                next,
                new bytes(0)
            );
        }
    }

    /// @dev Every failure has empty revert data, whatever the token says.
    function _pull(address token, address to, uint256 amount) private {
        require(token.code.length > 0);
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transferFrom, (msg.sender, to, amount)));
        require(success && (answer.length == 0 || abi.decode(answer, (bool))));
    }

    function _quote(uint256 amountIn, address from, address to, bool stable) private view returns (uint256) {
        address pair = pairFor(from, to, stable);
        if (!SolidlyFactory(factory).isPair(pair)) return 0;
        return SolidlyPair(pair).getAmountOut(amountIn, from);
    }

    function _proportional(uint256 amountA, uint256 reserveA, uint256 reserveB) private pure returns (uint256) {
        require(amountA > 0, "Router: INSUFFICIENT_AMOUNT");
        require(reserveA > 0 && reserveB > 0, "Router: INSUFFICIENT_LIQUIDITY");
        return (amountA * reserveB) / reserveA;
    }
}
